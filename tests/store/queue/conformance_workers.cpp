// Workers that compete, and that die (conformance.h).
#include <map>
#include <random>
#include <set>

#include "store/queue/conformance.h"

namespace slipway::test {
namespace {

using store::NewMessage;
using store::Queue;

constexpr int kWorkers = 20;
// A broken queue may bury what it was to give out again: nobody waits for that for ever.
constexpr auto kPatience = std::chrono::seconds(60);

// What all workers saw.
struct Ledger {
    std::set<std::string> held;          // leased now
    std::map<std::string, int> done;     // acknowledged, how often
    std::map<std::string, int> last_of;  // per group: the last number
    std::size_t expected = 0;
    bool failed = false;  // one of them: the others stop
    std::chrono::steady_clock::time_point end = std::chrono::steady_clock::now() + kPatience;

    bool all() const { return done.size() == expected; }
    bool over() const { return all() || failed || std::chrono::steady_clock::now() > end; }
};

// What the workers say together, and that nothing was left.
Task<void> work(std::vector<Task<void>> workers, const Ledger& ledger) {
    SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(workers))));
    co_return expect(ledger.all(), fmt::format("all are done, not {} of {}", ledger.done.size(), ledger.expected));
}

// A worker, whose failure ends the others' work.
Task<void> watched(Task<void> worker, Ledger& ledger) {
    auto result = co_await std::move(worker);
    if (!result) ledger.failed = true;
    co_return result;
}

std::vector<Result<std::unique_ptr<Queue>>> open_many(QueuePlace& place, int count) {
    std::vector<Result<std::unique_ptr<Queue>>> queues;
    for (int i = 0; i < count; ++i) queues.push_back(place.open());
    return queues;
}

Task<void> compete(Queue& queue, Ledger& ledger, std::size_t batch) {
    while (!ledger.over()) {
        SLIPWAY_CO_TRY(const auto messages, co_await lease(queue, batch));
        for (const auto& each : messages)
            SLIPWAY_CO_CHECK(expect(ledger.held.insert(each.lease.id).second, "nobody else holds " + each.body));
        co_await sleep_for(Milliseconds(messages.empty() ? 10 : 1));
        for (const auto& each : messages) {
            SLIPWAY_CO_CHECK(co_await queue.acknowledge(each.lease));
            SLIPWAY_CO_CHECK(expect(++ledger.done[each.lease.id] == 1, "done once: " + each.body));
        }
    }
    co_return Result<void>();
}

Task<void> no_message_is_leased_twice(QueuePlace& place) {
    auto queues = open_many(place, 4);
    for (auto& each : queues)
        if (!each) co_return pass(each);
    Ledger ledger;
    ledger.expected = 200;
    for (int i = 0; i < 200; ++i) {
        auto made = message(fmt::format("{}", i));
        made.priority = i % 3;
        SLIPWAY_CO_CHECK(co_await enqueue(**queues[0], kHere, std::move(made)));
    }
    std::vector<Task<void>> workers;
    for (std::size_t i = 0; i < kWorkers; ++i)
        workers.push_back(watched(compete(**queues[i % 4], ledger, 1 + i % 5), ledger));
    SLIPWAY_CO_CHECK(co_await work(std::move(workers), ledger));
    SLIPWAY_CO_TRY(const auto counts, co_await (*queues[0])->counts(kHere, "work"));
    co_return expect(counts.ready == 0 && counts.leased == 0 && ledger.done.size() == 200, "all are done");
}

Task<void> follow(Queue& queue, Ledger& ledger) {
    while (!ledger.over()) {
        SLIPWAY_CO_TRY(const auto messages, co_await lease(queue, 3));
        for (const auto& each : messages) {
            SLIPWAY_CO_CHECK(expect(ledger.held.insert(each.group).second, "one at a time of group " + each.group));
            const int number = std::stoi(each.body);
            SLIPWAY_CO_CHECK(expect(number == ledger.last_of[each.group] + 1, "in order, not " + each.body));
            ledger.last_of[each.group] = number;
        }
        co_await sleep_for(Milliseconds(messages.empty() ? 5 : 1));
        for (const auto& each : messages) {
            ledger.held.erase(each.group);
            SLIPWAY_CO_CHECK(co_await queue.acknowledge(each.lease));
            ++ledger.done[each.lease.id];
        }
    }
    co_return Result<void>();
}

Task<void> groups_keep_their_order_among_many(QueuePlace& place) {
    auto queues = open_many(place, 2);
    for (auto& each : queues)
        if (!each) co_return pass(each);
    Ledger ledger;
    ledger.expected = 100;
    for (int number = 1; number <= 20; ++number)
        for (const auto* const group : {"a", "b", "c", "d", "e"}) {
            auto made = message(fmt::format("{}", number));
            made.group = group;
            SLIPWAY_CO_CHECK(co_await enqueue(**queues[0], kHere, std::move(made)));
        }
    std::vector<Task<void>> workers;
    for (std::size_t i = 0; i < 10; ++i) workers.push_back(watched(follow(**queues[i % 2], ledger), ledger));
    co_return co_await work(std::move(workers), ledger);
}

// Half of the workers die with what they hold: they lease for a moment and are never heard of again.
Task<void> work_or_die(Queue& queue, Ledger& ledger, unsigned seed) {
    std::minstd_rand chance(seed);
    while (!ledger.over()) {
        const bool dies = chance() % 2 == 0;
        const auto visibility = dies ? Milliseconds(5) : kLongLease;
        SLIPWAY_CO_TRY(const auto messages, co_await lease(queue, 2, visibility));
        if (messages.empty()) co_await sleep_for(Milliseconds(5));
        if (dies) continue;
        for (const auto& each : messages) {
            SLIPWAY_CO_CHECK(co_await queue.acknowledge(each.lease));
            SLIPWAY_CO_CHECK(expect(++ledger.done[each.lease.id] == 1, "acknowledged once: " + each.body));
        }
    }
    co_return Result<void>();
}

Task<void> what_the_dead_held_is_done_by_others(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    Ledger ledger;
    ledger.expected = 60;
    for (int i = 0; i < 60; ++i) {
        auto made = message(fmt::format("{}", i));
        made.attempts_max = 1000;
        made.group = i % 3 == 0 ? "group" : "";
        SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, std::move(made)));
    }
    std::vector<Task<void>> workers;
    for (unsigned i = 0; i < 10; ++i) workers.push_back(watched(work_or_die(*queue, ledger, i + 1), ledger));
    co_return co_await work(std::move(workers), ledger);
}

Task<void> many_enqueue_at_once(QueuePlace& place) {
    auto queues = open_many(place, 3);
    for (auto& each : queues)
        if (!each) co_return pass(each);
    auto add = [](Queue& queue, std::string key, int& fresh) -> Task<void> {
        auto made = message(key);
        made.deduplication_key = key;
        SLIPWAY_CO_TRY(const auto enqueued, co_await queue.enqueue(kHere, "work", std::move(made)));
        if (!enqueued.duplicate) ++fresh;
        co_return Result<void>();
    };
    int fresh = 0;
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < 60; ++i) tasks.push_back(add(**queues[i % 3], fmt::format("key {}", i % 7), fresh));
    SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(tasks))));
    SLIPWAY_CO_CHECK(expect(fresh == 7, fmt::format("one for each key, not {}", fresh)));
    SLIPWAY_CO_TRY(const auto messages, co_await lease(*(*queues[0]), 100));
    co_return expect(messages.size() == 7, "seven messages");
}

constexpr QueueCheck kChecks[] = {
    {"NoMessageIsLeasedTwice", no_message_is_leased_twice},
    {"GroupsKeepTheirOrderAmongMany", groups_keep_their_order_among_many},
    {"WhatTheDeadHeldIsDoneByOthers", what_the_dead_held_is_done_by_others},
    {"ManyEnqueueAtOnce", many_enqueue_at_once},
};

}  // namespace

std::span<const QueueCheck> queue_worker_checks() { return kChecks; }

}  // namespace slipway::test
