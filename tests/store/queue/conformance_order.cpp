// Groups, priorities, tenants, dead letters (conformance.h).
#include <algorithm>
#include <set>

#include "store/queue/conformance.h"

namespace slipway::test {
namespace {

using store::MessageState;
using store::NewMessage;
using store::Queue;

NewMessage in_group(std::string body, std::string group) {
    auto made = message(std::move(body));
    made.group = std::move(group);
    return made;
}

Task<void> bury_all(Queue& queue, std::string reason) {
    SLIPWAY_CO_TRY(const auto messages, co_await lease(queue, 100));
    for (const auto& each : messages) SLIPWAY_CO_CHECK(co_await queue.bury(each.lease, reason));
    co_return Result<void>();
}

Task<void> orders_by_priority_then_age(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    const std::vector<std::pair<std::string, int>> given{{"e", 0}, {"c", 5}, {"a", 9}, {"d", 5}, {"f", 0}, {"b", 9}};
    for (const auto& [body, priority] : given) {
        auto made = message(body);
        made.priority = priority;
        SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, std::move(made)));
    }
    SLIPWAY_CO_TRY(const auto first, co_await lease(*queue, 3));
    SLIPWAY_CO_CHECK(expect(bodies(first) == "a b c", "the first three, not " + bodies(first)));
    co_return co_await expect_bodies(*queue, "d e f");
}

Task<void> groups_go_one_by_one(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    for (const auto* const body : {"a1", "a2", "a3"})
        SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, in_group(body, "a")));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, in_group("b1", "b")));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kThere, in_group("there", "a")));
    SLIPWAY_CO_TRY(auto messages, co_await lease(*queue));
    SLIPWAY_CO_CHECK(expect(bodies(messages) == "a1 b1 there", "one of each group, not " + bodies(messages)));
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
    // A failure holds up those behind it; so does a release.
    SLIPWAY_CO_CHECK(co_await queue->retry(messages[0].lease, "later", Milliseconds(40)));
    SLIPWAY_CO_TRY(auto first, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(first.body == "a1", "the failed one first, not " + first.body));
    SLIPWAY_CO_CHECK(co_await queue->release(first.lease));
    SLIPWAY_CO_TRY(first, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(first.body == "a1", "the released one first"));
    SLIPWAY_CO_CHECK(co_await queue->acknowledge(first.lease));
    SLIPWAY_CO_TRY(first, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(first.body == "a2", "then the second"));
    SLIPWAY_CO_CHECK(co_await queue->bury(first.lease, "broken"));
    SLIPWAY_CO_TRY(first, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(first.body == "a3", "a dead one holds up nobody"));
    // Back from the dead: behind what waits, and not beside what is leased.
    SLIPWAY_CO_TRY(const auto count, co_await queue->redrive(kHere, "work", std::nullopt));
    SLIPWAY_CO_CHECK(expect(count == 1, "one was dead"));
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
    SLIPWAY_CO_CHECK(co_await queue->acknowledge(first.lease));
    co_return co_await expect_bodies(*queue, "a2");
}

Task<void> delayed_heads_hold_their_group(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    auto first = in_group("1", "a");
    first.delay = Milliseconds(150);
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, std::move(first)));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, in_group("2", "a")));
    SLIPWAY_CO_TRY(const auto one, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(one.body == "1", "the delayed one first, not " + one.body));
    SLIPWAY_CO_CHECK(co_await queue->acknowledge(one.lease));
    co_return co_await expect_bodies(*queue, "2");
}

Task<void> attempts_run_out(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    auto twice = message("a");
    twice.attempts_max = 2;
    SLIPWAY_CO_TRY(const auto id, co_await enqueue(*queue, kHere, std::move(twice)));
    for (int i = 0; i < 2; ++i) {
        SLIPWAY_CO_TRY(const auto leased, co_await lease_one(*queue));
        SLIPWAY_CO_CHECK(co_await queue->retry(leased.lease, fmt::format("failure {}", i + 1), Milliseconds(0)));
    }
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
    SLIPWAY_CO_TRY(auto info, co_await queue->find(kHere, "work", id));
    SLIPWAY_CO_CHECK(expect(info.state == MessageState::dead && info.reason == "failure 2" && info.died, "it is dead"));
    // A worker that dies with it each time says nothing.
    auto once = message("b");
    once.attempts_max = 1;
    SLIPWAY_CO_TRY(const auto silent, co_await enqueue(*queue, kHere, std::move(once)));
    SLIPWAY_CO_CHECK(co_await lease_one(*queue, Milliseconds(1)));
    for (int i = 0; i < 500; ++i) {
        SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
        SLIPWAY_CO_TRY(info, co_await queue->find(kHere, "work", silent));
        if (info.state == MessageState::dead) break;
        co_await sleep_for(Milliseconds(10));
    }
    co_return expect(info.state == MessageState::dead && !info.reason.empty(), "it is dead, with a reason");
}

Task<void> dead_letters_come_back(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    for (const auto* const body : {"a", "b", "c"}) SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message(body)));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kThere, message("there")));
    SLIPWAY_CO_CHECK(co_await bury_all(*queue, std::string(5'000, 'x')));
    SLIPWAY_CO_TRY(const auto page, co_await queue->dead_letters(kHere, "work", 10, std::nullopt));
    SLIPWAY_CO_CHECK(expect(page.messages.size() == 3 && !page.next, "three dead letters here"));
    const auto& one = page.messages[1];
    SLIPWAY_CO_CHECK(expect(one.state == MessageState::dead && one.attempts == 1 && one.died, "what it was"));
    SLIPWAY_CO_CHECK(expect(one.reason.size() == store::kQueueReasonBytesMax, "a long reason is cut"));
    SLIPWAY_CO_TRY(auto count, co_await queue->redrive(kThere, "work", one.id));
    SLIPWAY_CO_CHECK(expect(count == 0, "another workspace's dead letter is none"));
    SLIPWAY_CO_TRY(count, co_await queue->redrive(kHere, "work", one.id));
    SLIPWAY_CO_CHECK(expect(count == 1, "one by its id"));
    SLIPWAY_CO_TRY(const auto again, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(again.lease.id == one.id && again.attempts == 1, "with all attempts"));
    SLIPWAY_CO_TRY(count, co_await queue->redrive(kHere, "work", std::nullopt));
    SLIPWAY_CO_CHECK(expect(count == 2, "all others"));
    SLIPWAY_CO_TRY(const auto rest, co_await lease(*queue));
    SLIPWAY_CO_CHECK(expect(rest.size() == 2, "two again"));
    SLIPWAY_CO_TRY(const auto there, co_await queue->dead_letters(kThere, "work", 10, std::nullopt));
    co_return expect(there.messages.size() == 1, "the other workspace's is dead still");
}

Task<void> dead_letters_come_in_pages(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    for (int i = 0; i < 25; ++i) SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message(fmt::format("{}", i))));
    SLIPWAY_CO_CHECK(co_await bury_all(*queue, "broken"));
    std::set<std::string> seen;
    std::optional<std::string> cursor;
    int pages = 0;
    do {
        SLIPWAY_CO_TRY(const auto page, co_await queue->dead_letters(kHere, "work", 10, cursor));
        for (const auto& each : page.messages)
            SLIPWAY_CO_CHECK(expect(seen.insert(each.body).second, "each one once: " + each.body));
        cursor = page.next;
        ++pages;
    } while (cursor && pages < 10);
    SLIPWAY_CO_CHECK(expect(seen.size() == 25 && pages == 3, fmt::format("25 on 3 pages, not {}", seen.size())));
    co_return expect_error(co_await queue->dead_letters(kHere, "work", 10, "nonsense"), ErrorCode::invalid, "a cursor");
}

Task<void> counts_what_is_there(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    for (int i = 0; i < 5; ++i) SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message("a")));
    auto late = message("late");
    late.delay = Milliseconds(600'000);
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, std::move(late)));
    SLIPWAY_CO_TRY(const auto leased, co_await lease(*queue, 3));
    SLIPWAY_CO_CHECK(co_await queue->bury(leased[0].lease, "broken"));
    SLIPWAY_CO_CHECK(co_await queue->acknowledge(leased[1].lease));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kThere, message("there")));
    SLIPWAY_CO_TRY(const auto here, co_await queue->counts(kHere, "work"));
    SLIPWAY_CO_CHECK(expect(here.ready == 2 && here.delayed == 1 && here.leased == 1 && here.dead == 1,
                            fmt::format("2 1 1 1, not {} {} {} {}", here.ready, here.delayed, here.leased, here.dead)));
    SLIPWAY_CO_TRY(const auto all, co_await queue->total_counts("work"));
    SLIPWAY_CO_CHECK(expect(all.ready == 3 && all.delayed == 1 && all.leased == 1 && all.dead == 1, "of all"));
    SLIPWAY_CO_TRY(const auto other, co_await queue->total_counts("other"));
    co_return expect(other.ready == 0 && other.dead == 0, "another queue has none");
}

Task<void> purges_what_waits(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message("dead")));
    SLIPWAY_CO_CHECK(co_await bury_all(*queue, "broken"));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, in_group("leased", "a")));
    SLIPWAY_CO_TRY(const auto held, co_await lease_one(*queue));
    auto late = message("late");
    late.delay = Milliseconds(600'000);
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, std::move(late)));
    for (int i = 0; i < 5; ++i) SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, in_group("waits", i < 3 ? "a" : "")));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kThere, message("there")));
    SLIPWAY_CO_TRY(auto count, co_await queue->purge(kHere, "work", false));
    SLIPWAY_CO_CHECK(expect(count == 6, fmt::format("6 waited, not {}", count)));
    SLIPWAY_CO_CHECK(co_await queue->acknowledge(held.lease));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, in_group("next", "a")));
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, "there next"));
    SLIPWAY_CO_TRY(count, co_await queue->purge(kHere, "work", true));
    SLIPWAY_CO_CHECK(expect(count == 1, "one was dead"));
    SLIPWAY_CO_TRY(const auto counts, co_await queue->counts(kHere, "work"));
    co_return expect(counts.dead == 0 && counts.ready == 0 && counts.delayed == 0 && counts.leased == 1, "one is left");
}

Task<void> tenants_are_apart(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    SLIPWAY_CO_TRY(const auto id, co_await enqueue(*queue, kHere, message("secret")));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->find(kThere, "work", id), ErrorCode::not_found, "another's message"));
    SLIPWAY_CO_TRY(const auto purged, co_await queue->purge(kThere, "work", false));
    SLIPWAY_CO_CHECK(expect(purged == 0, "another's messages are not purged"));
    SLIPWAY_CO_TRY(const auto counts, co_await queue->counts(kThere, "work"));
    SLIPWAY_CO_CHECK(expect(counts.ready == 0, "another's messages are not counted"));
    SLIPWAY_CO_TRY(const auto leased, co_await lease_one(*queue));
    auto stolen = leased.lease;
    stolen.workspace = kThere;
    const auto conflict = ErrorCode::conflict;
    SLIPWAY_CO_CHECK(expect_error(co_await queue->acknowledge(stolen), conflict, "another's lease"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->extend(stolen, kLongLease), conflict, "another's lease"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->bury(stolen, "why"), conflict, "another's lease"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->release(stolen), conflict, "another's lease"));
    stolen = leased.lease;
    stolen.receipt = "guessed";
    SLIPWAY_CO_CHECK(expect_error(co_await queue->acknowledge(stolen), conflict, "a guessed receipt"));
    stolen.receipt.clear();
    SLIPWAY_CO_CHECK(expect_error(co_await queue->acknowledge(stolen), conflict, "no receipt"));
    stolen = leased.lease;
    stolen.queue = "other";
    SLIPWAY_CO_CHECK(expect_error(co_await queue->acknowledge(stolen), conflict, "another queue"));
    co_return co_await queue->acknowledge(leased.lease);
}

constexpr QueueCheck kChecks[] = {
    {"OrdersByPriorityThenAge", orders_by_priority_then_age},
    {"GroupsGoOneByOne", groups_go_one_by_one},
    {"DelayedHeadsHoldTheirGroup", delayed_heads_hold_their_group},
    {"AttemptsRunOut", attempts_run_out},
    {"DeadLettersComeBack", dead_letters_come_back},
    {"DeadLettersComeInPages", dead_letters_come_in_pages},
    {"CountsWhatIsThere", counts_what_is_there},
    {"PurgesWhatWaits", purges_what_waits},
    {"TenantsAreApart", tenants_are_apart},
};

}  // namespace

std::span<const QueueCheck> queue_order_checks() { return kChecks; }

}  // namespace slipway::test
