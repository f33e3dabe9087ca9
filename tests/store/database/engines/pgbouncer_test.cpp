// Through PgBouncer with transaction pooling: many clients share few connections, and nothing of one is left for the
// next.
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "must.h"
#include "store/database/engines/postgres_place.h"

namespace slipway::test {
namespace {

using store::Scope;

class Pooler {
 public:
    Pooler(PostgresServer& server, const std::string& user, const std::filesystem::path& programs)
        : port_(free_port()) {
        std::ofstream(folder_ / "users.txt") << fmt::format("\"{0}\" \"{0}-secret\"\n", user);
        std::ofstream(folder_ / "pgbouncer.ini") << fmt::format(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = "
            "{}\nunix_socket_dir =\n"
            "auth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = "
            "1\nmax_client_conn = 100\n",
            server.port(), port_, (folder_ / "users.txt").string());
        const auto libraries = programs / "usr/lib/x86_64-linux-gnu";
        process_ = must(EngineProcess::start({.command = {programs / "usr/sbin/pgbouncer", folder_ / "pgbouncer.ini"},
                                              .folder = folder_.path(),
                                              .port = port_,
                                              .environment = {{"LD_LIBRARY_PATH", libraries.string()}},
                                              .refuses_root = true}));
    }
    std::uint16_t port() const { return port_; }

 private:
    TemporaryFolder folder_;
    std::uint16_t port_;
    std::unique_ptr<EngineProcess> process_;
};

class PgBouncer : public ::testing::Test {
 protected:
    void SetUp() override {
        const auto programs = engine_folder("pgbouncer");
        auto* const server = PostgresServer::of("18");
        if (server == nullptr || !programs) GTEST_SKIP() << "PostgreSQL or PgBouncer was not fetched";
        place_ = std::make_unique<PostgresPlace>(*server);
        direct_ = must(run_to_end(open_with_tables(*place_)));
        pooler_ = std::make_unique<Pooler>(*server, place_->role(), *programs);
        auto options = place_->options();
        options.owner_url.clear();
        options.url = fmt::format("postgresql://{0}:{0}-secret@127.0.0.1:{1}/{2}?pool=20", place_->role(),
                                  pooler_->port(), place_->database());
        pooled_ = must(store::open_postgres(std::move(options)));
        must(run_to_end(pooled_->migrate({})));
    }

    std::unique_ptr<PostgresPlace> place_;
    std::unique_ptr<store::Database> direct_, pooled_;
    std::unique_ptr<Pooler> pooler_;
};

Task<void> write_and_look(store::Database& database, WorkspaceId workspace) {
    for (int i = 0; i < 20; ++i) {
        SLIPWAY_CO_CHECK(co_await insert_item(database, workspace, fmt::format("{}", i), i));
        SLIPWAY_CO_TRY(const auto count, co_await count_items(database, workspace));
        SLIPWAY_CO_CHECK(expect(count == i + 1, "each sees its own rows, and all of them"));
    }
    co_return Result<void>();
}

TEST_F(PgBouncer, TenantsThatShareAConnectionDoNotSeeEachOther) {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 16; ++i) tasks.push_back(write_and_look(*pooled_, WorkspaceId{fmt::format("workspace-{}", i)}));
    must(first_failure(run_to_end(all_of(std::move(tasks)))));
    const auto unset = must(run_to_end(
        direct_->read(Scope::system(),
                      "SELECT count(DISTINCT pid) AS n FROM pg_stat_activity WHERE usename = current_user AND "
                      "client_port IS NOT NULL AND application_name <> 'none'")));
    EXPECT_LE(unset.front().integer("n"), 3);  // the pooler's one, and those of the direct way
}

TEST_F(PgBouncer, TransactionsAndConflictsAreAsWithoutIt) {
    must(run_to_end(insert_item(*pooled_, kHere, "a", 1)));
    const auto twice = run_to_end(insert_item(*pooled_, kHere, "a", 2));
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, ErrorCode::conflict) << twice.error().message;
    const store::Database::Body body = [](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO item VALUES ($workspace, 'b', 2)"));
        co_return fail(ErrorCode::not_found, "as the body decided");
    };
    EXPECT_FALSE(run_to_end(pooled_->transact(kHere, body)));
    EXPECT_EQ(must(run_to_end(count_items(*pooled_, kHere))), 1);
    EXPECT_EQ(must(run_to_end(count_items(*pooled_, kThere))), 0);
}

}  // namespace
}  // namespace slipway::test
