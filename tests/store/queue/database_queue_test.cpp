#include <gtest/gtest.h>

#include "store/queue/any_database_queue_place.h"

namespace slipway::test {
namespace {

using store::Database;
using store::Queue;
using store::Transaction;

std::vector<QueueCheck> every_check() {
    std::vector<QueueCheck> checks(queue_checks().begin(), queue_checks().end());
    checks.insert(checks.end(), queue_order_checks().begin(), queue_order_checks().end());
    checks.insert(checks.end(), queue_worker_checks().begin(), queue_worker_checks().end());
    return checks;
}

struct DatabaseQueueConformance : testing::TestWithParam<QueueCheck> {};

TEST_P(DatabaseQueueConformance, Holds) {
    const auto failure = failure_of(GetParam(), [] { return std::make_unique<AnyDatabaseQueuePlace>(); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DatabaseQueueConformance, testing::ValuesIn(every_check()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(DatabaseQueue, EnqueuesWithinATransactionOrNotAtAll) {
    AnyDatabaseQueuePlace place;
    const auto queue = must(place.open());
    auto add = [](Database& database, bool commit) -> Task<void> {
        auto body = [commit](Transaction& transaction) -> Task<void> {
            SLIPWAY_CO_CHECK(co_await store::enqueue_within(transaction, "work", message("a")));
            if (!commit) co_return fail(ErrorCode::conflict, "no");
            co_return Result<void>();
        };
        co_return co_await database.transact(kHere, body);
    };
    EXPECT_FALSE(run_to_end(add(place.database(), false)).has_value());
    must(run_to_end(expect_bodies(*queue, "")));
    must(run_to_end(add(place.database(), true)));
    must(run_to_end(expect_bodies(*queue, "a")));
}

// Delivered twice, done once, also when the worker dies between the effect and the acknowledgement.
TEST(Effect, HappensOnce) {
    AnyDatabaseQueuePlace place;
    const auto queue = must(place.open());
    auto work = [](Queue& from, Database& database) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await enqueue(from, kHere, message("a")));
        int effects = 0;
        for (int delivery = 0; delivery < 3; ++delivery) {
            const auto visibility = delivery < 2 ? Milliseconds(1) : kLongLease;
            SLIPWAY_CO_TRY(const auto leased, co_await lease_one(from, visibility));
            auto body = [&](Transaction& transaction) -> Task<void> {
                SLIPWAY_CO_TRY(const bool first, co_await store::first_time(transaction, leased.lease.id));
                if (first) ++effects;
                co_return Result<void>();
            };
            SLIPWAY_CO_CHECK(co_await database.transact(leased.lease.workspace, body));
            if (delivery == 2) SLIPWAY_CO_CHECK(co_await from.acknowledge(leased.lease));
        }
        co_return expect(effects == 1, fmt::format("one effect, not {}", effects));
    };
    must(run_to_end(work(*queue, place.database())));
}

TEST(Effect, OfARolledBackTransactionIsNone) {
    AnyDatabaseQueuePlace place;
    const auto queue = must(place.open());
    auto work = [](Database& database) -> Task<void> {
        bool first = false;
        auto fails = [&](Transaction& transaction) -> Task<void> {
            SLIPWAY_CO_TRY(first, co_await store::first_time(transaction, "name"));
            co_return fail(ErrorCode::upstream, "the effect failed");
        };
        auto succeeds = [&](Transaction& transaction) -> Task<void> {
            SLIPWAY_CO_TRY(first, co_await store::first_time(transaction, "name"));
            co_return Result<void>();
        };
        SLIPWAY_CO_CHECK(expect(!co_await database.transact(kHere, fails), "it fails"));
        SLIPWAY_CO_CHECK(co_await database.transact(kHere, succeeds));
        SLIPWAY_CO_CHECK(expect(first, "the first that commits"));
        SLIPWAY_CO_CHECK(co_await database.transact(kThere, succeeds));
        SLIPWAY_CO_CHECK(expect(first, "another workspace has its own"));
        SLIPWAY_CO_CHECK(co_await database.transact(kHere, succeeds));
        SLIPWAY_CO_CHECK(expect(!first, "not a second time"));
        SLIPWAY_CO_TRY(const auto forgotten, co_await store::forget_effects(database, now() + std::chrono::hours(1)));
        co_return expect(forgotten == 2, "both are forgotten");
    };
    must(run_to_end(work(place.database())));
}

}  // namespace
}  // namespace slipway::test
