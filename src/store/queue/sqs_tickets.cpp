#include "store/queue/sqs_tickets.h"

#include <algorithm>
#include <random>

#include "base/log.h"
#include "store/queue/database.h"
#include "store/queue/sqs_rows.h"

namespace slipway::store {
namespace {

constexpr Milliseconds kSoon{1'000};                    // the shortest that SQS knows
constexpr Milliseconds kAfterFailure{3'000};            // of the database
constexpr Milliseconds kTryAgain{60'000};               // with what others sent
constexpr Milliseconds kHiddenMax{11LL * 3600 * 1000};  // SQS counts its 12 hours from the receive
constexpr Milliseconds kRenewAfter{24LL * 3600 * 1000};
constexpr std::int64_t kSpareTickets = 10;
constexpr int kReceivesBeforeCount = 3;  // a ticket that found nothing so often
constexpr std::int64_t kLostMax = 100;   // tickets sent at once for messages without
constexpr std::string_view kJobs = "jobs";

bool happens(double probability) {
    thread_local std::minstd_rand chance(std::random_device{}());
    return std::uniform_real_distribution<>()(chance) < probability;
}

template <typename T>
void tell(std::string_view what, const Result<T>& result) {
    if (result) return;
    log::debug("SQS was not told",
               {{"what", json::string_view(what)}, {"reason", json::string_view(result.error().message)}});
}

}  // namespace

// Unless it is paid: also when the coroutine is dropped in the middle.
struct SqsTickets::Debt {
    SqsTickets& tickets;
    std::string queue;
    std::size_t count;
    ~Debt() { tickets.owe(queue, count); }
};

void SqsTickets::owe(const std::string& queue, std::size_t count) {
    const std::lock_guard lock(mutex_);
    known_[queue].owed += count;
}

Task<void> SqsTickets::send(std::string queue, std::vector<SqsTicket> tickets) {
    Debt debt{*this, queue, tickets.size()};
    std::size_t owed = 0;
    {
        const std::lock_guard lock(mutex_);
        owed = std::exchange(known_[queue].owed, 0);
    }
    debt.count += owed;
    tickets.resize(tickets.size() + owed);
    auto sent = co_await sqs_.send(std::move(queue), std::move(tickets));
    if (sent) debt.count = 0;
    if (!sent && !co_await cancelled()) debt.count = owed;  // who called takes his own back
    co_return sent;
}

Task<void> SqsTickets::tidy(std::string queue) {
    std::vector<std::string> done;
    std::size_t owed = 0;
    const auto at = std::chrono::steady_clock::now();
    bool look = false;
    {
        const std::lock_guard lock(mutex_);
        auto& known = known_[queue];
        done = std::exchange(known.done, {});
        owed = known.owed;
        look = !known.looked || (known.busy && at - *known.looked >= times_.look_for_lost);
        if (look) known.looked = at;
        if (look) known.busy = false;
    }
    if (!done.empty()) tell("delete", co_await sqs_.remove(queue, std::move(done)));
    std::vector<SqsTicket> none;
    if (owed > 0) SLIPWAY_CO_CHECK(co_await send(queue, std::move(none)));
    if (!look) co_return Result<void>();
    auto looked = co_await look_for_lost(queue);
    const std::lock_guard lock(mutex_);
    if (!looked) known_[queue].looked.reset();
    co_return looked;
}

Task<std::vector<SqsMessage>> SqsTickets::receive(std::string queue, const LeaseOptions& options, Milliseconds left) {
    std::vector<SqsMessage> all;
    const auto visibility = options.visibility;
    while (all.size() < options.count_max) {
        const auto wanted = std::min(options.count_max - all.size(), kSqsBatch);
        const auto wait = all.empty() ? left : Milliseconds(0);
        auto one = sqs_.receive(queue, wanted, wait, visibility);
        std::optional<Result<std::vector<SqsMessage>>> got;
        if (options.stop) {
            auto stored = store_in(got, std::move(one));
            co_await run_until(options.stop, std::move(stored));
        } else {
            got.emplace(co_await std::move(one));
        }
        if (!got) break;  // stopped
        if (!*got && all.empty()) co_return pass(*got);
        if (!*got) break;
        const auto count = (*got)->size();
        std::ranges::move(**got, std::back_inserter(all));
        if (count < wanted) break;
    }
    if (!all.empty()) {
        const std::lock_guard lock(mutex_);
        known_[queue].busy = true;
    }
    co_return all;
}

std::vector<SqsMessage> SqsTickets::delivered(std::vector<Delivery> deliveries) {
    std::vector<SqsMessage> messages;
    const std::lock_guard lock(mutex_);
    for (auto& delivery : deliveries) {
        held_.insert(delivery.handle);
        SqsMessage message;
        message.ticket = read_ticket(delivery.body);
        message.id = std::move(delivery.id);
        message.handle = std::move(delivery.handle);
        message.body = std::move(delivery.body);
        message.sent = delivery.sent;
        message.receives = delivery.receives;
        messages.push_back(std::move(message));
    }
    return messages;
}

std::vector<std::string> SqsTickets::left_over(const std::vector<Delivery>& deliveries) {
    std::vector<std::string> ids;
    const std::lock_guard lock(mutex_);
    for (const auto& delivery : deliveries)
        if (held_.erase(delivery.handle) > 0) ids.push_back(delivery.id);
    return ids;
}

void SqsTickets::note_done(const std::string& handle) {
    const std::lock_guard lock(mutex_);
    held_.erase(handle);
}

Task<void> SqsTickets::drop(std::string queue, std::vector<std::string> handles) {
    for (const auto& handle : handles) note_done(handle);
    SLIPWAY_CO_CHECK(co_await sqs_.remove(std::move(queue), std::move(handles)));
    co_return Result<void>();
}

// Known by SQS's id for it, so that it becomes one message however often it is received.
Task<bool> SqsTickets::admit_one(const std::string& queue, SqsMessage& message) {
    NewMessage made{.body = message.body, .deduplication_key = "sqs:" + message.id};
    auto fits = check_message(made);
    if (sqs_.place().workspace.empty())
        fits = fail(ErrorCode::invalid,
                    "It is none of this application's, and the URL of the queue names no workspace for it.");
    if (!fits) {
        log::warning("message in SQS parked",
                     {{"queue", json::string_view(queue)}, {"id", json::string_view(message.id)}});
        auto copy = message;
        SLIPWAY_CO_CHECK(co_await sqs_.park(queue, std::move(copy), std::move(fits.error().message)));
        note_done(message.handle);
        co_return false;
    }
    const WorkspaceId workspace{sqs_.place().workspace};
    Enqueued enqueued;
    auto body = [&](Transaction& transaction) -> Task<void> {
        auto copy = made;
        SLIPWAY_CO_TRY(enqueued, co_await enqueue_within(transaction, queue, std::move(copy)));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database_.transact(workspace, body));
    message.ticket = enqueued.id;
    if (!enqueued.duplicate) co_return true;
    SLIPWAY_CO_TRY(const auto live, co_await first_of(database_, workspace, queue, enqueued.id, ""));
    if (live) co_return true;
    co_await remove_soon(queue, message.handle);  // it is done
    co_return false;
}

asio::awaitable<void> SqsTickets::admit(std::string queue, std::vector<SqsMessage>& received) {
    std::vector<SqsMessage> tickets;
    for (auto& message : received) {
        if (!message.ticket) {
            const auto admitted = co_await admit_one(queue, message);
            if (!admitted) {
                log::warning("message in SQS left", {{"reason", json::string_view(admitted.error().message)}});
                co_await hide(queue, message.handle, kTryAgain);
            }
            if (!admitted || !*admitted) continue;
        }
        tickets.push_back(std::move(message));
    }
    received = std::move(tickets);
}

// Of all tickets: how many could go. SQS counts roughly and late, and others may be counting at this moment.
Task<double> SqsTickets::share_too_many(std::string queue) {
    SLIPWAY_CO_TRY(const auto heads, co_await count_heads(database_, queue, std::nullopt));
    if (heads >= kHeadsMax) co_return 0.0;
    SLIPWAY_CO_TRY(const auto counts, co_await sqs_.counts(std::move(queue)));
    const auto enough = heads + std::max(kSpareTickets, heads / 4);
    if (counts.all() <= enough) co_return 0.0;
    co_return static_cast<double>(counts.all() - enough) / static_cast<double>(counts.all());
}

Task<void> SqsTickets::renew(std::string queue, SqsMessage ticket, Milliseconds delay) {
    std::vector<SqsTicket> fresh{{.id = ticket.ticket.value_or(""), .delay = delay}};
    SLIPWAY_CO_CHECK(co_await sqs_.send(queue, std::move(fresh)));
    std::vector<std::string> old{std::move(ticket.handle)};
    co_return co_await drop(std::move(queue), std::move(old));
}

// A ticket whose message is leased or not live any more stands for another one, whose ticket was spent for it: it comes
// with the next that is due. One whose message is delayed comes with that.
Task<void> SqsTickets::put_away(std::string queue, std::vector<SqsMessage> tickets) {
    if (tickets.empty()) co_return Result<void>();
    std::vector<std::string> ids;
    for (const auto& ticket : tickets) ids.push_back(ticket.ticket.value_or(""));
    SLIPWAY_CO_TRY(const auto live, co_await live_messages(database_, queue, std::move(ids)));
    SLIPWAY_CO_TRY(const auto next, co_await next_due(database_, queue));
    const auto at = now();
    std::optional<double> too_many;
    std::vector<std::string> gone;
    std::vector<SqsVisibility> hidden;
    for (auto& ticket : tickets) {
        const auto own = std::ranges::find(live, ticket.ticket.value_or(""), &LiveMessage::id);
        const bool stands_in = own == live.end() || own->leased;
        bool drop = own == live.end() ? !next : !own->head;  // whoever is done with the head passes its ticket on
        if (!drop && stands_in && next && *next > at && ticket.receives >= kReceivesBeforeCount) {
            if (!too_many) {
                SLIPWAY_CO_TRY(too_many, co_await share_too_many(queue));
            }
            drop = happens(*too_many / 2);  // the half of it: never all at once
        }
        if (drop) {
            gone.push_back(std::move(ticket.handle));
            continue;
        }
        const auto due = stands_in && next ? *next : own->due;
        const auto time = std::clamp(std::chrono::ceil<Milliseconds>(due - at), kSoon, kHiddenMax);
        if (at - ticket.sent > kRenewAfter || ticket.receives >= kSqsReceivesMax) {
            tell("renew", co_await renew(queue, std::move(ticket), time));
        } else {
            hidden.push_back({std::move(ticket.handle), time});
        }
    }
    if (!gone.empty()) tell("delete", co_await drop(queue, std::move(gone)));
    if (!hidden.empty()) tell("visibility", co_await sqs_.change_visibility(std::move(queue), std::move(hidden)));
    co_return Result<void>();
}

asio::awaitable<void> SqsTickets::give_back(std::string queue, std::vector<SqsMessage> tickets) {
    std::vector<SqsVisibility> changes;
    for (auto& ticket : tickets) changes.push_back({std::move(ticket.handle), kAfterFailure});
    tell("visibility", co_await sqs_.change_visibility(std::move(queue), std::move(changes)));
}

asio::awaitable<void> SqsTickets::hide(std::string queue, std::string handle, Milliseconds time) {
    std::vector<SqsVisibility> changes{{std::move(handle), time}};
    tell("visibility", co_await sqs_.change_visibility(std::move(queue), std::move(changes)));
}

asio::awaitable<void> SqsTickets::remove_soon(std::string queue, std::string handle) {
    std::vector<std::string> now_enough;
    note_done(handle);
    {
        const std::lock_guard lock(mutex_);
        auto& done = known_[queue].done;
        done.push_back(std::move(handle));
        if (done.size() >= kSqsBatch) now_enough = std::exchange(done, {});
    }
    if (!now_enough.empty()) tell("delete", co_await sqs_.remove(std::move(queue), std::move(now_enough)));
}

asio::awaitable<void> SqsTickets::call_after(std::string queue, std::string handle, Milliseconds time) {
    std::vector<SqsVisibility> changes{{std::move(handle), time}};
    const auto changed = co_await sqs_.change_visibility(queue, std::move(changes));
    tell("visibility", changed);
    if (!changed || *changed == 0) co_return;
    std::vector<SqsTicket> fresh{{.delay = time}};  // SQS gave it twice, and the other one is done with it
    tell("send", co_await sqs_.send(std::move(queue), std::move(fresh)));
}

// When what comes next is leased already, or done, it was called for by another's ticket, for which this one has to
// stand in at once.
asio::awaitable<void> SqsTickets::settle(Lease lease, SqsReceipt receipt, bool last) {
    std::optional<LiveMessage> next;
    if (!last || !receipt.group.empty()) {
        auto found = co_await first_of(database_, std::move(lease.workspace), lease.queue, std::move(lease.id),
                                       std::move(receipt.group));
        if (!found) co_return;  // it comes back by itself
        next = *std::move(found);
    }
    if (!next && last) {
        co_await remove_soon(std::move(lease.queue), std::move(receipt.handle));
        co_return;
    }
    const bool taken = !next || next->leased;
    const auto wait = taken ? Milliseconds(0) : std::chrono::ceil<Milliseconds>(next->due - now());
    const auto time = std::clamp(wait, Milliseconds(0), kHiddenMax);
    co_await call_after(std::move(lease.queue), std::move(receipt.handle), time);
}

// Heads that have been due for a while though no ticket is to be had: none was sent for them. Who finds some that may
// become such looks again, although no ticket comes.
Task<void> SqsTickets::look_for_lost(std::string queue) {
    const auto at = now();
    SLIPWAY_CO_TRY(const auto next, co_await next_due(database_, queue));
    if (next && *next < at + 2 * times_.look_for_lost) {
        const std::lock_guard lock(mutex_);
        known_[queue].busy = true;
    }
    if (!next || *next >= at - times_.lost_after) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto heads, co_await count_heads(database_, queue, at - times_.lost_after));
    SLIPWAY_CO_TRY(const auto counts, co_await sqs_.counts(queue));
    if (counts.visible > 0) co_return Result<void>();
    log::info("tickets sent again to SQS", {{"queue", json::string_view(queue)}, {"messages", heads}});
    std::vector<SqsTicket> tickets(static_cast<std::size_t>(std::min(heads, kLostMax)));
    co_return co_await sqs_.send(std::move(queue), std::move(tickets));
}

Task<std::vector<std::string>> SqsTickets::warnings() { return sqs_.warnings(std::string(kJobs)); }

}  // namespace slipway::store
