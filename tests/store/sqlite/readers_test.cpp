#include "store/sqlite/readers.h"

#include <future>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <gtest/gtest.h>

#include "store/temporary_folder.h"

namespace slipway::store::sqlite {
namespace {

using test::TemporaryFolder;

constexpr Milliseconds kLong{60'000};

class SqliteReaders : public testing::Test {
 protected:
    SqliteReaders() : writer_(Connection::open(folder_ / "a.db").value()) {
        writer_.execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)").value();
    }

    template <typename T>
    Result<T> run(Readers::Work<T> work, Milliseconds time_max = kLong) {
        return run_to_end(readers_.run(std::move(work), time_max));
    }
    static Result<std::int64_t> count(Connection& connection) {
        SLIPWAY_TRY(auto statement, connection.prepare("SELECT count(*) FROM t"));
        SLIPWAY_CHECK(statement.step());
        return statement.integer(0);
    }
    static Result<void> endless(Connection& connection) {
        return connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n");
    }

    TemporaryFolder folder_;
    Connection writer_;
    Readers readers_{"garden reader", folder_ / "a.db", {.read_only = true}, 1, 4096};
};

TEST_F(SqliteReaders, KeepAConnectionForTheNextRead) {
    const auto handle = [](Connection& connection) -> Result<sqlite3*> { return connection.handle(); };
    const auto first = run<sqlite3*>(handle);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(*first, run<sqlite3*>(handle).value());
}

TEST_F(SqliteReaders, AReadThatLeavesATransactionOpenDoesNotFreezeTheNextOne) {
    const auto leaves_open = [](Connection& connection) -> Result<std::int64_t> {
        SLIPWAY_CHECK(connection.execute("BEGIN"));
        return count(connection);
    };
    EXPECT_EQ(run<std::int64_t>(leaves_open).value(), 1);
    writer_.execute("INSERT INTO t VALUES (2)").value();
    EXPECT_EQ(run<std::int64_t>(count).value(), 2);
}

// A connection that is opened late finds what the others have seen.
TEST_F(SqliteReaders, AFileThatIsGoneIsToldAsRemoved) {
    std::filesystem::remove(folder_ / "a.db");
    const auto counted = run<std::int64_t>(count);
    ASSERT_FALSE(counted);
    EXPECT_TRUE(counted.error().message.contains("was removed")) << counted.error().message;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a.db"));
}

TEST_F(SqliteReaders, WhatThrowsIsAnErrorThatNamesTheReader) {
    const auto throws = [](Connection&) -> Result<void> { throw std::runtime_error("oops"); };
    const auto result = run<void>(throws);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::internal);
    EXPECT_EQ(result.error().message, "A garden reader failed unexpectedly: oops.");
    EXPECT_TRUE(run<std::int64_t>(count)) << "and the next read works";
}

TEST_F(SqliteReaders, AReadEndsWithItsTimeAndTheNextOneHasItsOwn) {
    const auto late = run<void>(endless, Milliseconds(20));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(run<std::int64_t>(count));
}

TEST_F(SqliteReaders, CancellingTheCallerInterruptsItsRead) {
    std::promise<void> begun;
    const Readers::Work<void> work = [&](Connection& connection) {
        begun.set_value();
        return endless(connection);
    };
    asio::io_context loop;
    asio::cancellation_signal signal;
    std::optional<Result<void>> result;
    const auto ended = [&](std::exception_ptr, Result<void> value) { result = std::move(value); };
    asio::co_spawn(loop, readers_.run(work, kLong), asio::bind_cancellation_slot(signal.slot(), ended));
    loop.poll();
    begun.get_future().wait();
    signal.emit(asio::cancellation_type::terminal);
    loop.run();
    ASSERT_TRUE(result);
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace slipway::store::sqlite
