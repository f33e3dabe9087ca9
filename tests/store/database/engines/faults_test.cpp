// What goes wrong between us and PostgreSQL: the caller learns it in time, nothing acknowledged is lost, and it mends
// itself.
#include <csignal>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "must.h"
#include "store/database/engines/postgres_place.h"

namespace slipway::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using store::Scope;

// A server of its own, which these tests stop and kill.
class PostgresFaults : public ::testing::Test {
 protected:
    static PostgresServer* own_server() {
        static std::unique_ptr<PostgresServer> server = []() -> std::unique_ptr<PostgresServer> {
            const auto* const shared = PostgresServer::of("18");
            return shared ? std::make_unique<PostgresServer>(shared->programs(),
                                                             std::vector<std::string>{"max_connections=12"})
                          : nullptr;
        }();
        return server.get();
    }
    void SetUp() override {
        server_ = own_server();
        if (server_ == nullptr) GTEST_SKIP() << "postgresql-18 was not fetched";
        if (!server_->process().running()) must(server_->process().start_again());
        place_ = std::make_unique<PostgresPlace>(*server_);
    }
    void TearDown() override {
        if (server_) server_->process().signal(SIGCONT);
    }
    store::PostgresOptions options(std::string more = {}) const {
        auto options = place_->options();
        options.url += more;
        options.pool.reconnect_time_max = milliseconds(1500);
        options.pool.wait_time_max = milliseconds(1500);
        options.start_time_max = milliseconds(800);
        options.transaction_time_max = milliseconds(6000);
        return options;
    }
    std::unique_ptr<store::Database> open(std::string more = {}) {
        struct Held final : DatabasePlace {
            std::function<Result<std::unique_ptr<store::Database>>()> how;
            Result<std::unique_ptr<store::Database>> open() override { return how(); }
            Result<std::unique_ptr<store::Database>> open_backup(const std::filesystem::path&) override {
                return open();
            }
            std::filesystem::path backup_file() const override { return {}; }
        } held;
        held.how = [&] { return store::open_postgres(options(more)); };
        return must(run_to_end(open_with_tables(held)));
    }
    static Result<store::Rows> count(store::Database& database) {
        return run_to_end(database.read(Scope::system(), "SELECT count(*) AS n FROM item"));
    }

    PostgresServer* server_ = nullptr;
    std::unique_ptr<PostgresPlace> place_;
};

void expect_unavailable(const Result<store::Rows>& result, std::string_view what) {
    ASSERT_FALSE(result) << what;
    EXPECT_EQ(result.error().code, ErrorCode::unavailable) << what << ": " << result.error().message;
    EXPECT_EQ(result.error().message.find("-secret"), std::string::npos) << result.error().message;
}

TEST_F(PostgresFaults, DownAtStartSaysWhichServerWithoutThePassword) {
    server_->process().stop(SIGQUIT);
    const auto opened = store::open_postgres(options());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
    EXPECT_NE(opened.error().message.find(fmt::format("postgresql://owner@127.0.0.1:{}/", server_->port())),
              std::string::npos)
        << opened.error().message;
    EXPECT_EQ(opened.error().message.find("-secret"), std::string::npos);
}

TEST_F(PostgresFaults, AServerThatStartsLateIsWaitedFor) {
    server_->process().stop(SIGQUIT);
    auto patient = options();
    patient.start_time_max = seconds(20);
    std::optional<Result<std::unique_ptr<store::Database>>> opened;
    std::thread asking([&] { opened.emplace(store::open_postgres(patient)); });
    std::this_thread::sleep_for(milliseconds(300));
    EXPECT_TRUE(server_->process().start_again());  // by the thread that the server is to live as long as
    asking.join();
    EXPECT_TRUE(*opened) << opened->error().message;
}

TEST_F(PostgresFaults, KilledInTheMiddleItIsBackWithoutARestart) {
    const auto database = open();
    std::int64_t acknowledged = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 20; ++i)
            if (run_to_end(insert_item(*database, kHere, fmt::format("{}-{}", round, i), i))) ++acknowledged;
        server_->process().stop(SIGKILL);
        expect_unavailable(count(*database), "a server that is gone");
        must(server_->process().start_again());
        EXPECT_GE(must(count(*database)).front().integer("n"), acknowledged);
    }
    EXPECT_EQ(acknowledged, 60);
}

TEST_F(PostgresFaults, ConnectionsThatTheServerEndedAreNoticedByNobody) {
    const auto database = open();
    for (int i = 0; i < 5; ++i) {
        must(run_to_end(insert_item(*database, kHere, fmt::format("{}", i), i)));
        server_->run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'app%'");
        EXPECT_EQ(must(count(*database)).front().integer("n"), i + 1);
    }
}

TEST_F(PostgresFaults, AFrozenServerIsGivenUpInTime) {
    const auto database = open("&statement_timeout=300ms&connect_timeout=2");
    must(count(*database));
    server_->process().signal(SIGSTOP);
    server_->run_on_children(SIGSTOP);
    expect_unavailable(count(*database), "a frozen server");
    server_->run_on_children(SIGCONT);
    server_->process().signal(SIGCONT);
    EXPECT_TRUE(count(*database));
}

TEST_F(PostgresFaults, CutAnswersAreErrorsOrAskedAgainAndNothingIsLost) {
    Proxy proxy(server_->port());
    open();
    auto through = options("&pool=1");
    through.owner_url.clear();
    const auto own = fmt::format(":{}/", server_->port());
    through.url.replace(through.url.find(own), own.size(), fmt::format(":{}/", proxy.port()));
    const auto database = must(store::open_postgres(through));
    must(run_to_end(database->migrate({})));
    // On one loop, so that the connection is kept from one to the next.
    auto work = [](store::Database& of, Proxy& cutter) -> Task<void> {
        const std::string ask = "SELECT repeat('x', 300000) AS text, count(*) AS n FROM item";
        SLIPWAY_CO_CHECK(co_await of.read(Scope::system(), ask));
        cutter.cut_after(100'000);
        SLIPWAY_CO_TRY(const auto whole, co_await of.read(Scope::system(), ask));
        SLIPWAY_CO_CHECK(expect(whole.front().text("text").size() == 300'000, "a read is asked again unseen"));
        std::int64_t acknowledged = 0, cut = 0;
        for (int i = 0; i < 60; ++i) {
            if (i % 3 == 0) cutter.cut_after(i * 7);  // each time at another place
            const auto written = co_await insert_item(of, kHere, fmt::format("{}", i), i);
            if (written) ++acknowledged;
            if (written) continue;
            ++cut;
            SLIPWAY_CO_CHECK(expect_error(written, ErrorCode::unavailable, "whether it was committed is not known"));
        }
        cutter.cut_after(-1);
        SLIPWAY_CO_CHECK(expect(cut > 0 && cut <= 20, fmt::format("some were cut, not {}", cut)));
        SLIPWAY_CO_TRY(const auto rows, co_await of.read(Scope::system(), ask));
        const auto stored = rows.front().integer("n");
        co_return expect(acknowledged <= stored && stored <= 60, fmt::format("{} of {}", stored, acknowledged));
    };
    must(run_to_end(work(*database, proxy)));
}

TEST_F(PostgresFaults, WhoHangsUpEndsTheStatementOnTheServer) {
    const auto database = open();
    asio::io_context loop;
    asio::cancellation_signal hang_up;
    auto slow = [&]() -> asio::awaitable<void> {
        static_cast<void>(co_await database->read(Scope::system(), "SELECT 1 AS slept FROM pg_sleep(600)"));
    };
    asio::co_spawn(loop, slow(), asio::bind_cancellation_slot(hang_up.slot(), asio::detached));
    const auto sleeping = [&] {
        return must(run_to_end(database->read(
                        Scope::system(),
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND "
                        "state = 'active' AND pid <> pg_backend_pid()")))
            .front()
            .integer("n");
    };
    for (int looks = 0; looks < 200 && sleeping() != 1; ++looks) loop.run_for(milliseconds(50));
    ASSERT_EQ(sleeping(), 1);
    hang_up.emit(asio::cancellation_type::terminal);
    loop.run_for(milliseconds(200));
    for (int i = 0; i < 200 && sleeping() != 0; ++i) std::this_thread::sleep_for(milliseconds(50));
    EXPECT_EQ(sleeping(), 0);
}

TEST_F(PostgresFaults, MoreThanThePoolHoldsWaitInLineAndThenAreTold) {
    const auto database = open("&pool=2");
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 40; ++i) tasks.push_back(insert_item(*database, kHere, fmt::format("{}", i), i));
    must(first_failure(run_to_end(all_of(std::move(tasks)))));  // each has its turn
    EXPECT_EQ(must(count(*database)).front().integer("n"), 40);
    asio::io_context loop;
    auto hold = [&]() -> asio::awaitable<void> {
        static_cast<void>(co_await database->read(Scope::system(), "SELECT 1 AS slept FROM pg_sleep(4)"));
    };
    Result<store::Rows> third;
    auto ask = [&]() -> asio::awaitable<void> {
        third = co_await database->read(Scope::system(), "SELECT count(*) AS n FROM item");
    };
    asio::co_spawn(loop, hold(), asio::detached);
    asio::co_spawn(loop, hold(), asio::detached);
    asio::co_spawn(loop, ask(), asio::detached);
    loop.run();
    expect_unavailable(third, "no connection free in time");
}

TEST_F(PostgresFaults, OutOfConnectionsOnTheServerIsTold) {
    const auto database = open("&pool=50");
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 30; ++i)
        tasks.push_back([](store::Database& of) -> Task<void> {
            SLIPWAY_CO_CHECK(co_await of.read(Scope::system(), "SELECT 1 AS slept FROM pg_sleep(2)"));
            co_return Result<void>();
        }(*database));
    std::size_t told = 0;
    for (const auto& result : run_to_end(all_of(std::move(tasks)))) {
        if (result) continue;
        EXPECT_EQ(result.error().code, ErrorCode::unavailable) << result.error().message;
        ++told;
    }
    EXPECT_GT(told, 0U);
    EXPECT_TRUE(count(*database));
}

TEST_F(PostgresFaults, AWrongPasswordIsSaidAtOnce) {
    auto wrong = options();
    wrong.owner_url.clear();
    wrong.url =
        fmt::format("postgresql://{}:nonsense@127.0.0.1:{}/{}", place_->role(), server_->port(), place_->database());
    wrong.start_time_max = seconds(60);
    const auto opened = store::open_postgres(wrong);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("password authentication failed"), std::string::npos)
        << opened.error().message;
    EXPECT_EQ(opened.error().message.find("nonsense"), std::string::npos);
}

TEST_F(PostgresFaults, AServerWithoutTlsIsRefusedWhereTlsIsAskedFor) {
    auto strict = options();
    strict.owner_url.clear();
    strict.url = fmt::format("postgresql://{0}:{0}-secret@127.0.0.1:{1}/{2}?sslmode=verify-full", place_->role(),
                             server_->port(), place_->database());
    const auto opened = store::open_postgres(strict);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::unavailable) << opened.error().message;
}

TEST_F(PostgresFaults, AReadOnlyServerIsToldAndReadsGoOn) {
    const auto database = open();
    server_->run("postgres",
                 fmt::format("ALTER DATABASE {} SET default_transaction_read_only = on", place_->database()));
    server_->run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'app%'");
    const auto written = run_to_end(insert_item(*database, kHere, "a", 1));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable) << written.error().message;
    EXPECT_NE(written.error().message.find("read only"), std::string::npos) << written.error().message;
    EXPECT_TRUE(count(*database));
    server_->run("postgres", fmt::format("ALTER DATABASE {} RESET default_transaction_read_only", place_->database()));
    server_->run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'app%'");
    EXPECT_TRUE(run_to_end(insert_item(*database, kHere, "a", 1)));
}

TEST_F(PostgresFaults, NobodyHoldsAConnectionWhenItDrains) {
    auto drains = options("&idle=drain&pool=5");
    drains.pool.drain_time = milliseconds(4000);
    open();
    const auto database = must(store::open_postgres(drains));
    must(run_to_end(database->migrate({})));
    const auto held = [&] {
        PostgresPlace other(*server_);
        const auto watcher = must(other.open());
        must(run_to_end(watcher->migrate({})));
        const store::Parameters who{place_->role()};
        return must(run_to_end(watcher->read(Scope::system(),
                                             "SELECT count(*) AS n FROM pg_stat_activity WHERE usename = $1", who)))
            .front()
            .integer("n");
    };
    asio::io_context loop;  // connections belong to a loop that goes on, as a server's does
    auto guard = asio::make_work_guard(loop);
    Result<store::Rows> first = fail(ErrorCode::unavailable, "not asked yet");
    auto ask = [&]() -> asio::awaitable<void> { first = co_await database->read(Scope::system(), "SELECT 1 AS one"); };
    asio::co_spawn(loop, ask(), asio::detached);
    for (int looks = 0; looks < 200 && !first; ++looks) loop.run_for(milliseconds(20));
    ASSERT_TRUE(first);
    EXPECT_EQ(held(), 1);
    for (int i = 0; i < 200 && held() != 0; ++i) loop.run_for(milliseconds(50));
    EXPECT_EQ(held(), 0);
    first = fail(ErrorCode::unavailable, "not asked again yet");
    asio::co_spawn(loop, ask(), asio::detached);  // the first request afterwards waits and succeeds
    for (int looks = 0; looks < 200 && !first; ++looks) loop.run_for(milliseconds(50));
    EXPECT_TRUE(first);
}

}  // namespace
}  // namespace slipway::test
