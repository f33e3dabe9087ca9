// The queue in PostgreSQL when that fails: told in time, mended by itself, and no acknowledged message is lost. (How
// the database is reached at the start, and whose certificate it shows, is the adapter's of the database.)
#include <csignal>
#include <set>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "engines/small_disk.h"
#include "must.h"
#include "store/database/engines/postgres_server.h"
#include "store/database/postgres/postgres.h"
#include "store/queue/conformance.h"
#include "store/queue/database.h"

namespace slipway::test {
namespace {

using store::Queue;

struct DatabaseQueueFaults : testing::Test {
    void begin(std::string small_disk = {}) {
        const auto programs = PostgresServer::programs_of("18");
        if (!programs) GTEST_SKIP() << "postgresql-18 was not fetched";
        server = std::make_unique<PostgresServer>(*programs, std::vector<std::string>{}, std::move(small_disk));
        name = server->create_database();
        role = server->create_role();
    }
    // Through the proxy where one is given.
    void open(const Proxy* proxy = nullptr) {
        store::PostgresOptions options;
        options.url = server->url(role, name);
        options.owner_url = server->owner_url(name);
        options.pool.reconnect_time_max = options.pool.wait_time_max = Milliseconds(1'500);
        options.transaction_time_max = Milliseconds(2'000);
        options.url += "&connect_timeout=2&statement_timeout=1s";
        const auto own = fmt::format(":{}/", server->port());
        if (proxy) options.url.replace(options.url.find(own), own.size(), fmt::format(":{}/", proxy->port()));
        database = must(store::open_postgres(std::move(options)));
        must(run_to_end(database->migrate(store::queue_migrations())));
        queue = store::make_database_queue(*database);
    }
    void expect_told() {
        const auto added = run_to_end(queue->enqueue(kHere, "work", message("refused")));
        must(expect_error(added, ErrorCode::unavailable, "enqueue"));
        EXPECT_FALSE(added.error().message.contains("-secret")) << added.error().message;
        must(expect_error(run_to_end(lease(*queue)), ErrorCode::unavailable, "lease"));
    }
    // New connections are made from now on.
    void end_connections() {
        server->run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'app%'");
    }

    std::unique_ptr<PostgresServer> server;
    std::string name, role;
    std::unique_ptr<store::Database> database;
    std::unique_ptr<Queue> queue;
};

// What was acknowledged is there after a crash, and a lease lives on through it.
TEST_F(DatabaseQueueFaults, LosesNothingWhenPostgresIsKilled) {
    begin();
    if (!server) return;
    open();
    std::set<std::string> acknowledged;
    for (int i = 0; i < 20; ++i) acknowledged.insert(must(run_to_end(enqueue(*queue, kHere, message("a")))));
    const auto held = must(run_to_end(lease_one(*queue)));
    server->process().stop(SIGKILL);
    expect_told();
    must(server->process().start_again());
    for (const auto& each : must(run_to_end(lease(*queue, 100)))) acknowledged.erase(each.lease.id);
    EXPECT_EQ(acknowledged, std::set<std::string>{held.lease.id}) << "all but the leased";
    must(run_to_end(queue->acknowledge(held.lease)));
}

TEST_F(DatabaseQueueFaults, AnswersInTimeWhenPostgresIsFrozen) {
    begin();
    if (!server) return;
    open();
    must(run_to_end(enqueue(*queue, kHere, message("a"))));
    server->process().signal(SIGSTOP);
    server->run_on_children(SIGSTOP);
    expect_told();
    server->run_on_children(SIGCONT);
    server->process().signal(SIGCONT);
    EXPECT_EQ(must(run_to_end(lease_one(*queue))).body, "a");
}

// An enqueue whose answer was cut may have happened; with a key it can be said again.
TEST_F(DatabaseQueueFaults, CutAnswersAndKeysMakeOneMessage) {
    begin();
    if (!server) return;
    Proxy proxy(server->port());
    open(&proxy);
    auto work = [](Queue& one, Proxy& cutter) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await enqueue(one, kThere, message("first")));
        int cut = 0;
        for (int i = 0; i < 40; ++i) {
            auto keyed = message("a");
            keyed.deduplication_key = fmt::format("{}", i);
            cutter.cut_after(i * 20);
            const auto once = co_await one.enqueue(kHere, "work", keyed);
            cutter.cut_after(-1);
            if (once) continue;
            ++cut;
            SLIPWAY_CO_CHECK(expect_error(once, ErrorCode::unavailable, "a cut answer"));
            SLIPWAY_CO_CHECK(co_await one.enqueue(kHere, "work", keyed));
        }
        SLIPWAY_CO_CHECK(expect(cut > 0, "some are not retried unseen: the answer to COMMIT was cut"));
        SLIPWAY_CO_TRY(const auto counts, co_await one.counts(kHere, "work"));
        co_return expect(counts.ready == 40, fmt::format("one message for each key, not {}", counts.ready));
    };
    must(run_to_end(work(*queue, proxy)));
}

TEST_F(DatabaseQueueFaults, OutOfConnectionsIsToldAndPasses) {
    begin();
    if (!server) return;
    open();
    must(run_to_end(enqueue(*queue, kHere, message("a"))));
    server->run("postgres", fmt::format("ALTER ROLE {} CONNECTION LIMIT 0", role));
    end_connections();
    expect_told();
    server->run("postgres", fmt::format("ALTER ROLE {} CONNECTION LIMIT -1", role));
    EXPECT_EQ(must(run_to_end(lease_one(*queue))).body, "a");
}

TEST_F(DatabaseQueueFaults, APasswordThatWasChangedIsToldAndTakenBack) {
    begin();
    if (!server) return;
    open();
    must(run_to_end(enqueue(*queue, kHere, message("a"))));
    server->run("postgres", fmt::format("ALTER ROLE {} PASSWORD 'another'", role));
    end_connections();
    expect_told();
    server->run("postgres", fmt::format("ALTER ROLE {0} PASSWORD '{0}-secret'", role));
    EXPECT_EQ(must(run_to_end(lease_one(*queue))).body, "a");
}

TEST_F(DatabaseQueueFaults, AReadOnlyServerIsToldAndCountsGoOn) {
    begin();
    if (!server) return;
    open();
    must(run_to_end(enqueue(*queue, kHere, message("a"))));
    server->run("postgres", fmt::format("ALTER DATABASE {} SET default_transaction_read_only = on", name));
    end_connections();
    expect_told();
    EXPECT_EQ(must(run_to_end(queue->counts(kHere, "work"))).ready, 1);
    server->run("postgres", fmt::format("ALTER DATABASE {} RESET default_transaction_read_only", name));
    end_connections();
    EXPECT_EQ(must(run_to_end(lease_one(*queue))).body, "a");
}

TEST_F(DatabaseQueueFaults, AFullDiskRefusesAndLosesNothing) {
    begin("3m");
    if (!server) return;
    const auto small = server->folder() / "small";
    server->run("postgres", fmt::format("create tablespace small location '{}'", small.string()));
    server->run("postgres", fmt::format("alter database {} set default_tablespace = small", name));
    server->run("postgres", "grant create on tablespace small to public");
    open();
    must(run_to_end(enqueue(*queue, kThere, message("first"))));
    const auto ballast = fill_up(inside(server->process().id(), small));
    std::set<std::string> acknowledged;
    Result<store::Enqueued> added;
    for (int i = 0; i < 2'000 && added; ++i) {
        added = run_to_end(queue->enqueue(kHere, "work", message(random_token(1'500))));
        if (added) acknowledged.insert(added->id);
    }
    must(expect_error(added, ErrorCode::unavailable, "a full disk"));
    EXPECT_TRUE(added.error().message.contains("no room left")) << added.error().message;
    EXPECT_EQ(must(run_to_end(queue->counts(kHere, "work"))).ready, static_cast<std::int64_t>(acknowledged.size()));
    std::filesystem::remove(ballast);
    must(run_to_end(enqueue(*queue, kThere, message("room again"))));
    auto work_off = [&]() -> Task<void> {
        while (!acknowledged.empty()) {
            SLIPWAY_CO_TRY(const auto messages, co_await lease(*queue, 50));
            SLIPWAY_CO_CHECK(expect(!messages.empty(), "all that was acknowledged"));
            for (const auto& each : messages) acknowledged.erase(each.lease.id);
        }
        co_return Result<void>();
    };
    must(run_to_end(work_off()));
}

}  // namespace
}  // namespace slipway::test
