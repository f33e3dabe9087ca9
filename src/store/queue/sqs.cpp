#include "store/queue/sqs.h"

#include <algorithm>

#include "base/log.h"
#include "store/queue/database.h"
#include "store/queue/sqs_client.h"
#include "store/queue/sqs_rows.h"
#include "store/queue/sqs_tickets.h"

namespace slipway::store {
namespace {

std::unexpected<Error> not_held() {
    return fail(ErrorCode::conflict, "The lease has ended: the message is done, or somebody else has it.");
}

// Each message gets a ticket, its own one where that came; the rest stays.
void bind(std::vector<LeasedMessage>& messages, std::vector<SqsMessage>& tickets) {
    const auto own_of = [&](const LeasedMessage& message) {
        return std::ranges::find(tickets, std::optional(message.lease.id), &SqsMessage::ticket);
    };
    std::vector<LeasedMessage*> others;
    const auto give = [&](LeasedMessage& message, auto ticket) {
        message.lease.receipt = SqsReceipt{message.lease.receipt, message.group, ticket->handle}.text();
        tickets.erase(ticket);
    };
    for (auto& message : messages) {
        if (const auto own = own_of(message); own != tickets.end()) {
            give(message, own);
        } else {
            others.push_back(&message);
        }
    }
    for (auto* const message : others) give(*message, tickets.end() - 1);
}

class SqsQueue final : public Queue {
 public:
    SqsQueue(SqsPlace place, SqsQueueOptions options, Database& database, net::Client& client)
        : database_(database),
          records_(make_database_queue(database)),
          tickets_(std::move(place), std::move(options), database, client) {}

    Task<Enqueued> enqueue(WorkspaceId workspace, std::string queue, NewMessage message) override;
    Task<void> extend(Lease lease, Milliseconds visibility) override;
    Task<void> acknowledge(Lease lease) override;
    Task<void> retry(Lease lease, std::string reason, std::optional<Milliseconds> retry_after) override;
    Task<void> release(Lease lease) override;
    Task<void> bury(Lease lease, std::string reason) override;
    Task<MessageInfo> find(WorkspaceId workspace, std::string queue, std::string id) override {
        return records_->find(std::move(workspace), std::move(queue), std::move(id));
    }
    Task<QueueCounts> counts(WorkspaceId workspace, std::string queue) override {
        return records_->counts(std::move(workspace), std::move(queue));
    }
    Task<QueueCounts> total_counts(std::string queue) override { return records_->total_counts(std::move(queue)); }
    Task<MessagePage> dead_letters(WorkspaceId workspace, std::string queue, std::size_t limit,
                                   std::optional<std::string> cursor) override {
        return records_->dead_letters(std::move(workspace), std::move(queue), limit, std::move(cursor));
    }
    Task<std::vector<LeasedMessage>> take(std::string queue, std::vector<Delivery> deliveries,
                                          Milliseconds visibility) override;
    std::vector<std::string> left_over(const std::vector<Delivery>& deliveries) override {
        return tickets_.left_over(deliveries);
    }
    Task<std::int64_t> redrive(WorkspaceId workspace, std::string queue, std::optional<std::string> id) override;
    Task<std::int64_t> purge(WorkspaceId workspace, std::string queue, bool dead_letters) override {
        return records_->purge(std::move(workspace), std::move(queue), dead_letters);
    }
    Task<QueueStatus> status() override;
    bool hears_while_waiting() const override { return true; }

 protected:
    Task<std::vector<LeasedMessage>> lease_now(std::string queue, std::size_t count_max,
                                               Milliseconds visibility) override;
    Task<std::vector<LeasedMessage>> lease_within(std::string queue, LeaseOptions options) override;

 private:
    // As many messages as there are tickets, each with the ticket that is held for it.
    Task<std::vector<LeasedMessage>> spend(std::string queue, std::vector<SqsMessage> tickets, Milliseconds visibility);

    Database& database_;
    std::unique_ptr<Queue> records_;
    SqsTickets tickets_;
};

Task<Enqueued> SqsQueue::enqueue(WorkspaceId workspace, std::string queue, NewMessage message) {
    const auto delay = message.delay;
    SLIPWAY_CO_TRY(auto enqueued, co_await records_->enqueue(workspace, queue, std::move(message)));
    // Who says it again may do so because the ticket was not sent.
    if (enqueued.duplicate) {
        const auto known = co_await records_->find(workspace, queue, enqueued.id);
        const bool waits = known && known->state == MessageState::ready && known->attempts == 0;
        if (!waits) co_return enqueued;
    }
    std::vector<SqsTicket> tickets{{.id = enqueued.id, .delay = delay}};
    auto sent = co_await tickets_.send(queue, std::move(tickets));
    if (sent) co_return enqueued;
    if (!enqueued.duplicate) {
        SLIPWAY_CO_TRY(const bool gone, co_await take_back(database_, std::move(workspace), queue, enqueued.id));
        if (!gone) {  // another's ticket has called for it already
            tickets_.owe(queue, 1);
            co_return enqueued;
        }
    }
    co_return pass(sent);
}

Task<std::vector<LeasedMessage>> SqsQueue::lease_now(std::string queue, std::size_t count_max,
                                                     Milliseconds visibility) {
    LeaseOptions options{.count_max = count_max, .visibility = visibility};
    return lease_within(std::move(queue), std::move(options));
}

Task<std::vector<LeasedMessage>> SqsQueue::lease_within(std::string queue, LeaseOptions options) {
    const auto end = std::chrono::steady_clock::now() + options.wait;
    for (LeasePause pause;;) {
        const auto left = [&] { return std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now()); };
        SLIPWAY_CO_CHECK(co_await tickets_.tidy(queue));
        SLIPWAY_CO_TRY(auto received, co_await tickets_.receive(queue, options, left()));
        std::vector<LeasedMessage> messages;
        if (!received.empty()) {
            SLIPWAY_CO_TRY(messages, co_await spend(queue, std::move(received), options.visibility));
        }
        const bool stopped = options.stop && options.stop->asked();
        if (!messages.empty() || left() <= Milliseconds(0) || stopped || co_await cancelled()) co_return messages;
        co_await pause.wait(left(), options.stop);
    }
}

Task<std::vector<LeasedMessage>> SqsQueue::spend(std::string queue, std::vector<SqsMessage> tickets,
                                                 Milliseconds visibility) {
    co_await tickets_.admit(queue, tickets);
    std::vector<LeasedMessage> messages;
    if (tickets.empty()) co_return messages;
    LeaseOptions options{.count_max = tickets.size(), .visibility = visibility};
    auto leased = co_await records_->lease(queue, std::move(options));
    if (!leased) {
        co_await tickets_.give_back(std::move(queue), std::move(tickets));
        co_return pass(leased);
    }
    messages = *std::move(leased);
    bind(messages, tickets);
    auto put_away = co_await tickets_.put_away(std::move(queue), std::move(tickets));
    if (!put_away && messages.empty()) co_return pass(put_away);
    co_return messages;
}

Task<std::vector<LeasedMessage>> SqsQueue::take(std::string queue, std::vector<Delivery> deliveries,
                                                Milliseconds visibility) {
    auto received = tickets_.delivered(std::move(deliveries));
    co_return co_await spend(std::move(queue), std::move(received), visibility);
}

Task<void> SqsQueue::extend(Lease lease, Milliseconds visibility) {
    auto receipt = SqsReceipt::from(lease.receipt);
    if (!receipt) co_return not_held();
    lease.receipt = receipt->record;
    SLIPWAY_CO_CHECK(co_await records_->extend(lease, visibility));
    co_await tickets_.hide(std::move(lease.queue), std::move(receipt->handle), visibility);
    co_return Result<void>();
}

Task<void> SqsQueue::acknowledge(Lease lease) {
    auto receipt = SqsReceipt::from(lease.receipt);
    if (!receipt) co_return not_held();
    lease.receipt = receipt->record;
    SLIPWAY_CO_TRY(const bool followed, co_await is_followed(database_, lease, receipt->group));
    SLIPWAY_CO_CHECK(co_await records_->acknowledge(lease));
    co_await tickets_.settle(std::move(lease), *std::move(receipt), !followed);
    co_return Result<void>();
}

Task<void> SqsQueue::retry(Lease lease, std::string reason, std::optional<Milliseconds> retry_after) {
    auto receipt = SqsReceipt::from(lease.receipt);
    if (!receipt) co_return not_held();
    lease.receipt = receipt->record;
    SLIPWAY_CO_CHECK(co_await records_->retry(lease, std::move(reason), retry_after));
    co_await tickets_.settle(std::move(lease), *std::move(receipt), false);
    co_return Result<void>();
}

Task<void> SqsQueue::release(Lease lease) {
    auto receipt = SqsReceipt::from(lease.receipt);
    if (!receipt) co_return not_held();
    lease.receipt = receipt->record;
    SLIPWAY_CO_CHECK(co_await records_->release(lease));
    co_await tickets_.call_after(std::move(lease.queue), std::move(receipt->handle), Milliseconds(0));
    co_return Result<void>();
}

Task<void> SqsQueue::bury(Lease lease, std::string reason) {
    auto receipt = SqsReceipt::from(lease.receipt);
    if (!receipt) co_return not_held();
    lease.receipt = receipt->record;
    SLIPWAY_CO_TRY(const bool followed, co_await is_followed(database_, lease, receipt->group));
    SLIPWAY_CO_CHECK(co_await records_->bury(lease, std::move(reason)));
    co_await tickets_.settle(std::move(lease), *std::move(receipt), !followed);
    co_return Result<void>();
}

Task<std::int64_t> SqsQueue::redrive(WorkspaceId workspace, std::string queue, std::optional<std::string> id) {
    const auto name = id.value_or("");
    SLIPWAY_CO_TRY(const auto count, co_await records_->redrive(std::move(workspace), queue, std::move(id)));
    std::vector<SqsTicket> tickets(static_cast<std::size_t>(count), SqsTicket{.id = name});
    const auto sent = co_await tickets_.send(queue, std::move(tickets));
    if (sent) co_return count;
    log::warning("tickets not sent to SQS", {{"reason", json::string_view(sent.error().message)}});
    tickets_.owe(queue, static_cast<std::size_t>(count));
    co_return count;
}

Task<QueueStatus> SqsQueue::status() {
    SLIPWAY_CO_TRY(auto status, co_await records_->status());
    const auto begin = std::chrono::steady_clock::now();
    SLIPWAY_CO_TRY(auto warnings, co_await tickets_.warnings());
    status.latency = std::chrono::ceil<Milliseconds>(std::chrono::steady_clock::now() - begin);
    status.engine = "Amazon SQS and " + status.engine;
    status.warnings.insert(status.warnings.end(), warnings.begin(), warnings.end());
    co_return status;
}

}  // namespace

Result<std::unique_ptr<Queue>> make_sqs_queue(SqsQueueOptions options, Database& database, net::Client& client) {
    if (!options.credentials) return fail(ErrorCode::invalid, "A queue in SQS needs credentials.");
    SLIPWAY_TRY(auto place, parse_sqs_url(options.url, options.region));
    if (options.workspace_id && !place.workspace.empty()) {
        SLIPWAY_TRY(place.workspace, options.workspace_id(place.workspace));
    }
    return std::unique_ptr<Queue>(std::make_unique<SqsQueue>(std::move(place), std::move(options), database, client));
}

}  // namespace slipway::store
