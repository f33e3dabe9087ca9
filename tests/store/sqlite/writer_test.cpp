#include "store/sqlite/writer.h"

#include <fstream>
#include <future>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/pool.h"
#include "store/temporary_folder.h"

namespace slipway::store::sqlite {
namespace {

using test::TemporaryFolder;

struct Fixture : testing::Test {
    Connection open(ConnectionOptions options = {}) {
        auto connection = Connection::open(folder / "a.db", std::move(options)).value();
        connection.execute("CREATE TABLE IF NOT EXISTS t(x INTEGER UNIQUE, p TEXT)").value();
        return connection;
    }
    std::int64_t count(const char* condition = "1") {
        auto connection = Connection::open(folder / "a.db", {.read_only = true}).value();
        auto statement = connection.prepare(fmt::format("SELECT count(*) FROM t WHERE {}", condition)).value();
        return statement.step().value() ? statement.integer(0) : -1;
    }
    TemporaryFolder folder;
};
using SqliteWriter = Fixture;

Writer::Work insert(int value, std::size_t padding = 0) {
    return [value, padding](Connection& connection) -> Result<void> {
        SLIPWAY_TRY(auto statement, connection.prepare("INSERT INTO t VALUES ($1, $2)"));
        statement.bind(1, value).bind(2, std::string(padding, 'p'));
        return statement.run();
    };
}

TEST_F(SqliteWriter, AcknowledgesNothingThatGoesIntoARemovedOrReplacedFile) {
    Writer writer(open());
    ASSERT_TRUE(run_to_end(writer.run(insert(1))));
    std::filesystem::rename(folder / "a.db", folder / "b.db");
    const auto removed = run_to_end(writer.run(insert(2)));
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, ErrorCode::unavailable);
    EXPECT_NE(removed.error().message.find("removed or replaced"), std::string::npos);
    std::ofstream(folder / "a.db") << "another file";
    EXPECT_FALSE(run_to_end(writer.run(insert(3))));
    std::filesystem::rename(folder / "b.db", folder / "a.db");
    EXPECT_TRUE(run_to_end(writer.run(insert(4)))) << "the right file is back";
}

// Holds the writer until `release`, so that what is queued meanwhile makes one group.
struct Gate {
    std::promise<void> entered;
    std::promise<void> release;
    bool passed = false;
    Writer::Work work() {
        return [this](Connection&) -> Result<void> {
            if (std::exchange(passed, true)) return {};  // units may be repeated
            entered.set_value();
            release.get_future().wait();
            return {};
        };
    }
};

// Starts all at once on one loop, opens the gate when all are queued, and returns what each answered.
std::vector<Result<void>> together(Writer& writer, std::vector<Writer::Work> works) {
    asio::io_context loop;
    Gate gate;
    std::vector<Result<void>> results(works.size());
    asio::co_spawn(loop, writer.run(gate.work(), Milliseconds(60'000)), asio::detached);
    loop.poll();
    gate.entered.get_future().wait();
    for (std::size_t i = 0; i < works.size(); ++i) {
        auto on_end = [&results, i](std::exception_ptr, Result<void> result) { results[i] = std::move(result); };
        asio::co_spawn(loop, writer.run(std::move(works[i])), on_end);
    }
    loop.poll();
    gate.release.set_value();
    loop.run();
    return results;
}

TEST_F(SqliteWriter, PutsWhatWaitsIntoOneCommit) {
    Writer writer(open(), {.group_time_max = Milliseconds(60'000)});
    std::vector<Writer::Work> works;
    for (int i = 0; i < 63; ++i) works.push_back(insert(i));
    for (const auto& result : together(writer, std::move(works))) EXPECT_TRUE(result.has_value());
    EXPECT_EQ(writer.counts().commits, 1);
    EXPECT_EQ(writer.counts().units, 64);
    EXPECT_EQ(count(), 63);
}

TEST_F(SqliteWriter, IdleWorkIsDoneOnceNothingIsWrittenAnyMore) {
    std::atomic<int> left{3}, calls{0};
    WriterOptions options;
    options.idle_after = Milliseconds(1);
    options.idle_work = [&](Connection& connection) -> Result<bool> {
        ++calls;
        if (left == 0) return false;
        SLIPWAY_CHECK(insert(1000 + calls)(connection));
        --left;
        return true;
    };
    Writer writer(open(), options);
    const auto wait_for = [&](const auto& condition) {
        for (int i = 0; i < 5000 && !condition(); ++i) std::this_thread::sleep_for(Milliseconds(1));
        EXPECT_TRUE(condition());
    };
    wait_for([&] { return calls == 4; });
    std::this_thread::sleep_for(Milliseconds(30));
    EXPECT_EQ(calls, 4) << "with nothing left to do it is not asked again";
    EXPECT_EQ(count("x > 1000"), 3);
    left = 1;
    ASSERT_TRUE(run_to_end(writer.run(insert(1))));
    wait_for([&] { return count("x > 1000") == 4 && calls == 6; });
}

TEST_F(SqliteWriter, OneFailureDoesNotHurtTheOthersOfItsGroup) {
    Writer writer(open(), {.group_time_max = Milliseconds(60'000)});
    Writer::Work throws = [](Connection& connection) -> Result<void> {
        SLIPWAY_CHECK(connection.execute("INSERT INTO t VALUES (50, '')"));
        throw std::runtime_error("oops");
    };
    Writer::Work fails = [](Connection& connection) -> Result<void> {
        SLIPWAY_CHECK(connection.execute("INSERT INTO t VALUES (60, '')"));
        return fail(ErrorCode::not_found, "no");
    };
    const auto results = together(writer, {insert(1), insert(1), throws, insert(2), fails, insert(3)});
    EXPECT_TRUE(results[0] && results[3] && results[5]);
    EXPECT_EQ(results[1].error().code, ErrorCode::conflict);
    EXPECT_EQ(results[2].error().code, ErrorCode::internal);
    EXPECT_EQ(results[4].error().code, ErrorCode::not_found);
    EXPECT_EQ(count(), 3);
    EXPECT_EQ(writer.counts().commits, 1);
}

TEST_F(SqliteWriter, AUnitThatEndsTheTransactionIsBlamedAlone) {
    Writer writer(open(), {.group_time_max = Milliseconds(60'000)});
    Writer::Work ends = [](Connection& connection) { return connection.execute("ROLLBACK"); };
    const auto results = together(writer, {insert(1), insert(2), ends, insert(3)});
    EXPECT_TRUE(results[0] && results[1] && results[3]);
    EXPECT_EQ(results[2].error().code, ErrorCode::internal);
    EXPECT_EQ(count(), 3);
}

TEST_F(SqliteWriter, AnInterruptedWriteIsRolledBackAndTheOthersAreRepeated) {
    Writer writer(open(), {.group_time_max = Milliseconds(60'000), .unit_time_max = Milliseconds(100)});
    Writer::Work endless = [](Connection& connection) {
        return connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n) INSERT INTO t SELECT i, '' FROM n");
    };
    const auto results = together(writer, {insert(1), endless, insert(2)});
    EXPECT_TRUE(results[0] && results[2]);
    EXPECT_EQ(results[1].error().code, ErrorCode::unavailable);
    EXPECT_EQ(count(), 2);
}

TEST_F(SqliteWriter, AFullDiskFailsTheLargeWriteAndKeepsTheSmallOnes) {
    Writer writer(open({.file_bytes_max = 200 << 10}), {.group_time_max = Milliseconds(60'000)});
    const auto results = together(writer, {insert(1), insert(2, 10 << 20), insert(3)});
    EXPECT_TRUE(results[0] && results[2]);
    EXPECT_EQ(results[1].error().code, ErrorCode::unavailable);
    EXPECT_EQ(count("x IN (1, 3)"), 2);
    EXPECT_EQ(count(), 2);
}

TEST_F(SqliteWriter, AnUnsatisfiedDeferredReferenceFailsItsUnitNotTheCommit) {
    auto connection = open();
    connection.execute("CREATE TABLE c(x INTEGER REFERENCES t(x) DEFERRABLE INITIALLY DEFERRED)").value();
    Writer writer(std::move(connection), {.group_time_max = Milliseconds(60'000)});
    Writer::Work dangling = [](Connection& c) { return c.execute("INSERT INTO c VALUES (77)"); };
    Writer::Work satisfied = [](Connection& c) {
        return c.execute("INSERT INTO c VALUES (5); INSERT INTO t VALUES (5, '')");
    };
    const auto results = together(writer, {insert(1), dangling, satisfied});
    EXPECT_TRUE(results[0] && results[2]);
    EXPECT_EQ(results[1].error().code, ErrorCode::conflict);
    EXPECT_EQ(writer.counts().commits, 1);
}

TEST_F(SqliteWriter, AFailedCommitFailsTheWholeGroup) {
    Writer writer(open(), {.group_time_max = Milliseconds(60'000)});
    Writer::Work poison = [](Connection& connection) -> Result<void> {
        sqlite3_commit_hook(connection.handle(), [](void*) { return 1; }, nullptr);
        return {};
    };
    for (const auto& result : together(writer, {insert(1), poison, insert(2)})) EXPECT_FALSE(result.has_value());
    EXPECT_EQ(count(), 0);
    Writer::Work heal = [](Connection& connection) -> Result<void> {
        sqlite3_commit_hook(connection.handle(), nullptr, nullptr);
        return {};
    };
    static_cast<void>(run_to_end(writer.run(heal)));
    EXPECT_TRUE(run_to_end(writer.run(insert(3))).has_value());
    EXPECT_EQ(count(), 1);
}

TEST_F(SqliteWriter, AFullQueueIsRefusedAtOnce) {
    Writer writer(open(), {.queue_max = 2});
    const auto results = together(writer, {insert(1), insert(2), insert(3)});
    EXPECT_TRUE(results[0] && results[1]);
    EXPECT_EQ(results[2].error().code, ErrorCode::unavailable);
}

TEST_F(SqliteWriter, AUnitThatWaitedTooLongIsRefused) {
    Writer writer(open(), {.queue_time_max = Milliseconds(-1)});
    const auto result = run_to_end(writer.run(insert(1)));
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_EQ(count(), 0);
}

Task<void> cancelled_while_queued(Writer& writer, Result<void>& answered) {
    using namespace asio::experimental::awaitable_operators;
    auto write = writer.run(insert(9));
    auto timer = sleep_for(Milliseconds(10));
    auto first = co_await (std::move(write) || std::move(timer));
    if (first.index() == 0) answered = std::get<0>(std::move(first));
    co_return Result<void>();
}

TEST_F(SqliteWriter, CancellingTakesAUnitOutOfTheQueue) {
    Writer writer(open());
    asio::io_context loop;
    Gate gate;
    asio::co_spawn(loop, writer.run(gate.work(), Milliseconds(60'000)), asio::detached);
    loop.poll();
    gate.entered.get_future().wait();
    Result<void> answered = fail(ErrorCode::internal, "nothing yet");
    bool ended = false;
    asio::co_spawn(loop, cancelled_while_queued(writer, answered),
                   [&](std::exception_ptr, Result<void>) { ended = true; });
    while (!ended) loop.run_one();
    EXPECT_EQ(writer.waiting(), 0);
    EXPECT_FALSE(answered.has_value());
    gate.release.set_value();
    loop.run();
    EXPECT_EQ(count(), 0);
}

Task<void> inserts_then_waits(Connection& connection) {
    SLIPWAY_CO_CHECK(connection.execute("INSERT INTO t VALUES (1, '')"));
    co_await sleep_for(std::chrono::hours(1));
    co_return Result<void>();
}

TEST_F(SqliteWriter, ABodyThatWaitsTooLongIsCancelledAndRolledBack) {
    Writer writer(open());
    const auto result = run_to_end(writer.run_body(inserts_then_waits, Milliseconds(30)));
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_EQ(count(), 0);
}

TEST_F(SqliteWriter, ABodyWhoseCallerIsCancelledIsRolledBack) {
    Writer writer(open());
    const auto result = run_to_end(with_timeout(writer.run_body(inserts_then_waits), Milliseconds(30), "It"));
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(run_to_end(writer.run(insert(1))).has_value());
}

Task<void> nested(Writer& writer) { co_return co_await writer.run(insert(2)); }

TEST_F(SqliteWriter, AWriteInsideAWriteIsRefusedInsteadOfWaitingForEver) {
    Writer writer(open());
    Writer::Body body = [&writer](Connection&) { return nested(writer); };
    EXPECT_EQ(run_to_end(writer.run_body(body)).error().code, ErrorCode::internal);
}

TEST_F(SqliteWriter, ClosingAnswersWhatStillWaits) {
    asio::io_context loop;
    std::vector<Result<void>> results(2);
    Gate gate;
    std::thread opener;
    {
        Writer writer(open());
        asio::co_spawn(loop, writer.run(gate.work(), Milliseconds(60'000)),
                       [&](std::exception_ptr, Result<void> result) { results[0] = std::move(result); });
        loop.poll();
        gate.entered.get_future().wait();
        asio::co_spawn(loop, writer.run(insert(1)),
                       [&](std::exception_ptr, Result<void> result) { results[1] = std::move(result); });
        loop.poll();
        // Usually the destructor has said that it ends before the gate opens; both orders must be right.
        opener = std::thread([&] {
            std::this_thread::sleep_for(Milliseconds(50));
            gate.release.set_value();
        });
    }
    opener.join();
    loop.run();
    EXPECT_TRUE(results[0].has_value());
    EXPECT_TRUE(results[1] || results[1].error().code == ErrorCode::unavailable);
    EXPECT_EQ(count(), results[1] ? 1 : 0);
}

TEST_F(SqliteWriter, ManyThreadsWriteAtOnceAndEverythingIsThere) {
    Writer writer(open());
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            asio::io_context loop;
            for (int i = 0; i < 64; ++i) {
                auto on_end = [&](std::exception_ptr, Result<void> result) { failed += result ? 0 : 1; };
                asio::co_spawn(loop, writer.run(insert(thread * 1000 + i)), on_end);
            }
            loop.run();
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(count(), 256);
    EXPECT_EQ(writer.counts().units, 256);
}

}  // namespace
}  // namespace slipway::store::sqlite
