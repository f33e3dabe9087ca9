// Limits in PostgreSQL: the conformance suite, several servers at once, and what happens when the database is lost.
#include "store/cache/database_limiter.h"

#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "must.h"
#include "store/cache/conformance.h"
#include "store/database/engines/postgres_server.h"
#include "store/database/postgres/postgres.h"

namespace slipway::test {
namespace {

using store::Limit;
using store::Limiter;

const WorkspaceId kHere{"here"};
constexpr Limit kFour{.burst = 4, .period = Milliseconds(3'600'000)};

struct Place {
    explicit Place(PostgresServer& at) : server(at), name(at.create_database()), role(at.create_role()) {}

    // A server of the application, as each process has its own.
    Limiter& limiter(const Proxy* proxy = nullptr) {
        store::PostgresOptions options;
        options.url = server.url(role, name) + "&connect_timeout=2&statement_timeout=1s";
        options.owner_url = server.owner_url(name);
        options.pool.reconnect_time_max = options.pool.wait_time_max = Milliseconds(1'500);
        options.transaction_time_max = Milliseconds(2'000);
        const auto own = fmt::format(":{}/", server.port());
        if (proxy) options.url.replace(options.url.find(own), own.size(), fmt::format(":{}/", proxy->port()));
        databases.push_back(must(store::open_postgres(std::move(options))));
        must(run_to_end(databases.back()->migrate(store::limiter_migrations())));
        store::DatabaseLimiterOptions limits;
        limits.pause_after_loss = Milliseconds(30);
        limits.sweep_every = Milliseconds(0);
        limiters.push_back(store::make_database_limiter(*databases.back(), limits));
        return *limiters.back();
    }
    std::int64_t rows() {
        const auto rows = must(
            run_to_end(databases.back()->read(store::Scope::system(), "select count(*) as number from rate_limits")));
        return rows.front().integer("number");
    }

    PostgresServer& server;
    std::string name, role;
    std::vector<std::unique_ptr<store::Database>> databases;
    std::vector<std::unique_ptr<Limiter>> limiters;
};

store::Admission admitted(Limiter& limiter, std::string who = "ada", Limit limit = kFour) {
    return must(run_to_end(limiter.admit(kHere, {"test", std::move(who)}, limit)));
}

struct DatabaseLimiter : testing::TestWithParam<std::string> {
    void SetUp() override {
        server = PostgresServer::of(GetParam());
        if (server == nullptr) GTEST_SKIP() << "postgresql-" << GetParam() << " was not fetched";
        place.emplace(*server);
    }
    PostgresServer* server = nullptr;
    std::optional<Place> place;
};

TEST_P(DatabaseLimiter, Conforms) {
    for (const auto& check : limiter_checks()) {
        Place fresh(*server);
        const auto failure = failure_of_check(check.name, check.run(fresh.limiter()));
        EXPECT_FALSE(failure.has_value()) << failure.value_or("");
    }
}

TEST_P(DatabaseLimiter, ServersAdmitTogetherWhatOneWould) {
    std::vector<Limiter*> servers;
    for (int i = 0; i < 3; ++i) servers.push_back(&place->limiter());
    std::atomic<int> count{0};
    {
        std::vector<std::jthread> threads;
        for (auto* one : servers)
            for (int i = 0; i < 2; ++i)
                threads.emplace_back([one, &count] {
                    for (int n = 0; n < 10; ++n) count += admitted(*one).admitted ? 1 : 0;
                });
    }
    EXPECT_EQ(count, 4);
}

TEST_P(DatabaseLimiter, WhoIsRefusedIsRememberedWithoutTheDatabase) {
    auto& limiter = place->limiter();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(admitted(limiter).admitted);
    const auto first = admitted(limiter);
    EXPECT_FALSE(first.admitted);
    server->run("postgres", fmt::format("ALTER ROLE {} CONNECTION LIMIT 0", place->role));
    server->run("postgres", fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'",
                                        place->role));
    const auto again = admitted(limiter);
    EXPECT_FALSE(again.admitted);
    EXPECT_FALSE(again.degraded) << "nobody needs to be asked";
    EXPECT_LE(again.retry_after, first.retry_after);
    server->run("postgres", fmt::format("ALTER ROLE {} CONNECTION LIMIT -1", place->role));
}

TEST_P(DatabaseLimiter, RowsThatAreOverAreSwept) {
    auto& limiter = place->limiter();
    for (int i = 0; i < 20; ++i) admitted(limiter, fmt::format("{}", i), {.burst = 1, .period = Milliseconds(1)});
    bool swept = false;
    for (int i = 0; i < 500 && !swept; ++i) {
        std::this_thread::sleep_for(Milliseconds(5));
        admitted(limiter, "last");
        swept = place->rows() == 1;
    }
    EXPECT_TRUE(swept) << place->rows();
}

TEST_P(DatabaseLimiter, LivesWithoutALostDatabaseMoreStrictly) {
    Proxy proxy(server->port());
    auto& limiter = place->limiter(&proxy);
    EXPECT_TRUE(admitted(limiter).admitted);
    proxy.refuse(true);
    proxy.cut();
    const auto alone = admitted(limiter);
    EXPECT_TRUE(alone.degraded);
    EXPECT_TRUE(alone.admitted) << "a fourth of four";
    EXPECT_FALSE(admitted(limiter).admitted);
    proxy.refuse(false);
    bool back = false;
    for (int i = 0; i < 500 && !back; ++i) {
        std::this_thread::sleep_for(Milliseconds(10));
        back = !admitted(limiter, "bob", {.burst = 100'000, .period = Milliseconds(3'600'000)}).degraded;
    }
    EXPECT_TRUE(back);
    EXPECT_EQ(admitted(limiter).remaining, 2U) << "what was admitted alone is not counted twice";
}

TEST_P(DatabaseLimiter, ASilentDatabaseIsALostOne) {
    Proxy proxy(server->port());
    auto& limiter = place->limiter(&proxy);
    EXPECT_TRUE(admitted(limiter).admitted);
    proxy.swallow(true);
    EXPECT_TRUE(admitted(limiter).degraded);
    proxy.swallow(false);
    proxy.cut();
}

TEST_P(DatabaseLimiter, OutOfConnectionsIsALostDatabase) {
    auto& limiter = place->limiter();
    EXPECT_TRUE(admitted(limiter).admitted);
    server->run("postgres", fmt::format("ALTER ROLE {} CONNECTION LIMIT 0", place->role));
    server->run("postgres", fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'",
                                        place->role));
    EXPECT_TRUE(admitted(limiter).degraded);
    server->run("postgres", fmt::format("ALTER ROLE {} CONNECTION LIMIT -1", place->role));
}

TEST_P(DatabaseLimiter, AReadOnlyDatabaseIsALostOne) {
    auto& limiter = place->limiter();
    EXPECT_TRUE(admitted(limiter).admitted);
    server->run("postgres", fmt::format("ALTER DATABASE {} SET default_transaction_read_only = on", place->name));
    server->run("postgres", fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'",
                                        place->role));
    EXPECT_TRUE(admitted(limiter).degraded);
}

INSTANTIATE_TEST_SUITE_P(Versions, DatabaseLimiter, testing::Values("16", "18"),
                         [](const auto& info) { return "PostgreSQL" + info.param; });

}  // namespace
}  // namespace slipway::test
