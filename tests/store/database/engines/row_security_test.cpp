// The second lock: what the role of the application can reach with SQL of its own, whatever the first one lets through.
#include <thread>

#include <gtest/gtest.h>

#include "must.h"
#include "store/database/engines/postgres_place.h"
#include "store/database/postgres/pool.h"
#include "store/database/postgres/session.h"

namespace slipway::test {
namespace {

namespace pg = store::postgres;
using store::Scope;

constexpr store::Migration kTables[] = {
    {.capability = "secured",
     .number = 1,
     .sql = "CREATE TABLE note (workspace TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY "
            "(workspace, name));"
            "CREATE TABLE label (workspace TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (workspace, name));"
            "CREATE VIEW notes_with_labels WITH (security_invoker = true) AS SELECT n.* FROM note n JOIN label l ON "
            "l.name = n.name;"
            "CREATE FUNCTION all_notes() RETURNS BIGINT LANGUAGE sql STABLE AS 'SELECT count(*) FROM note';"},
};

class RowSecurity : public ::testing::TestWithParam<std::string> {
 protected:
    void SetUp() override {
        server_ = PostgresServer::of(GetParam());
        if (server_ == nullptr) GTEST_SKIP() << "postgresql-" << GetParam() << " was not fetched";
        place_ = std::make_unique<PostgresPlace>(*server_);
        database_ = must(place_->open());
        must(run_to_end(database_->migrate(kTables)));
        for (const auto* const workspace : {"here", "there"})
            for (const auto* const table : {"note", "label"}) {
                const auto sql = fmt::format("INSERT INTO {} VALUES ($workspace, 'a'{})", table,
                                             std::string_view(table) == "note" ? ", $1" : "");
                store::Parameters values;
                if (std::string_view(table) == "note") values.emplace_back(fmt::format("of {}", workspace));
                must(run_to_end(database_->write(WorkspaceId{workspace}, sql, std::move(values))));
            }
    }

    // Statements of the application's role on one connection, past all rules of the adapter; the rows of the last.
    Task<std::int64_t> raw(std::vector<std::string> statements) {
        return raw_at(place_->options().url, std::move(statements));
    }

    static Task<std::int64_t> raw_at(std::string url, std::vector<std::string> statements) {
        SLIPWAY_CO_TRY(const auto* const pq, pg::libpq());
        SLIPWAY_CO_TRY(auto target, pg::parse_url(*pq, url));
        const auto pool = pg::Pool::make(*pq, std::move(target), {});
        auto count = co_await on_pool(*pool, std::move(statements));
        pool->close();
        co_return count;
    }

    static Task<std::int64_t> on_pool(pg::Pool& pool, std::vector<std::string> statements) {
        SLIPWAY_CO_TRY(const auto lease, co_await pool.take());
        std::int64_t rows = 0;
        for (const auto& sql : statements) {
            SLIPWAY_CO_TRY(const auto result, co_await lease->run_script(sql, std::chrono::seconds(10)));
            const auto status = pool.pq().PQresultStatus(result.get());
            if (status == PGRES_FATAL_ERROR)
                co_return std::unexpected(pg::failure_of(pool.pq(), result.get(), sql, "the test").error);
            rows = pool.pq().PQntuples(result.get());
        }
        co_return rows;
    }

    static std::string as(const std::string& workspace) {
        return fmt::format("SELECT set_config('slipway.workspace', '{}', true)", workspace);
    }

    PostgresServer* server_ = nullptr;
    std::unique_ptr<PostgresPlace> place_;
    std::unique_ptr<store::Database> database_;
};

TEST_P(RowSecurity, WithoutAWorkspaceNothingIsSeen) {
    EXPECT_EQ(must(run_to_end(raw({"SELECT * FROM note"}))), 0);
    EXPECT_EQ(must(run_to_end(raw({"BEGIN", as(""), "SELECT * FROM note"}))), 0);
}

TEST_P(RowSecurity, RawSqlWithoutWhereSeesItsOwnRowsAlone) {
    for (const auto* const sql :
         {"SELECT * FROM note", "SELECT * FROM note a JOIN note b ON true", "SELECT * FROM notes_with_labels",
          "SELECT * FROM note WHERE workspace = 'there' OR workspace = 'here'",
          "SELECT * FROM label FULL JOIN note USING (name)", "UPDATE note SET text = 'x' RETURNING *",
          "DELETE FROM note RETURNING *", "SELECT 1 FROM all_notes() c WHERE c = 1",
          "WITH gone AS (DELETE FROM label RETURNING *) SELECT * FROM gone"}) {
        EXPECT_EQ(must(run_to_end(raw({"BEGIN", as("here"), sql}))), 1) << sql;
    }
    const auto left = run_to_end(database_->read(Scope::system(), "SELECT count(*) AS n FROM note"));
    EXPECT_EQ(must(left).front().integer("n"), 2);  // none of them was committed
}

TEST_P(RowSecurity, RowsOfAnotherWorkspaceCannotBeWritten) {
    for (const auto* const sql : {"INSERT INTO note VALUES ('there', 'b', 'x')", "UPDATE note SET workspace = 'there'",
                                  "INSERT INTO note VALUES ('there', 'a', 'x') ON CONFLICT DO NOTHING"}) {
        const auto refused = run_to_end(raw({"BEGIN", as("here"), sql}));
        ASSERT_FALSE(refused) << sql;
        EXPECT_NE(refused.error().message.find("row-level security"), std::string::npos) << refused.error().message;
    }
    // Unique keys include the workspace: what another one has is no conflict, and so tells nothing.
    EXPECT_TRUE(run_to_end(raw({"BEGIN", as("third"), "INSERT INTO note VALUES ('third', 'a', 'x')", "ROLLBACK"})));
}

TEST_P(RowSecurity, AConnectionForgetsTheWorkspaceItServed) {
    EXPECT_EQ(must(run_to_end(raw({"BEGIN", as("here"), "COMMIT", "SELECT * FROM note"}))), 0);
    EXPECT_EQ(must(run_to_end(raw({"BEGIN", as("here"), "ROLLBACK", "SELECT * FROM note"}))), 0);
    EXPECT_EQ(must(run_to_end(raw(
                  {"BEGIN", as("here"), "COMMIT", "BEGIN", as("there"), "SELECT * FROM note WHERE text = 'of here'"}))),
              0);
    for (int i = 0; i < 3; ++i) {  // also through the adapter, on one connection, after an error
        const auto failed = run_to_end(database_->write(kHere, "INSERT INTO note VALUES ($workspace, 'a', 'twice')"));
        EXPECT_FALSE(failed);
        const auto rows =
            must(run_to_end(database_->read(kThere, "SELECT text FROM note WHERE workspace = $workspace")));
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows.front().text("text"), "of there");
    }
}

TEST_P(RowSecurity, TheRoleOwnsNothingAndCannotTurnItOff) {
    for (const auto* const sql :
         {"ALTER TABLE note DISABLE ROW LEVEL SECURITY", "DROP POLICY slipway_workspace ON note", "DROP TABLE note",
          "CREATE TABLE mine (a INT)", "SET SESSION AUTHORIZATION owner", "SET ROLE owner", "TRUNCATE note",
          "CREATE POLICY mine ON note USING (true)", "ALTER ROLE CURRENT_USER BYPASSRLS"}) {
        const auto refused = run_to_end(raw({sql}));
        EXPECT_FALSE(refused) << sql;
    }
    const auto off = run_to_end(raw({"SET row_security = off", "SELECT * FROM note"}));
    EXPECT_FALSE(off) << "row_security = off has to be an error, not a way past";
}

TEST_P(RowSecurity, WithoutItsPolicyATableIsFound) {
    for (const auto* const harm :
         {"DROP POLICY slipway_workspace ON note", "ALTER TABLE label NO FORCE ROW LEVEL SECURITY",
          "ALTER TABLE label DISABLE ROW LEVEL SECURITY", "CREATE POLICY wide ON note USING (true)",
          "CREATE OR REPLACE VIEW loose AS SELECT * FROM note", "CREATE TABLE forgotten (a TEXT)"}) {
        PostgresPlace place(*server_);
        auto options = place.options();
        options.above_workspaces = {{"nothing", "so that tables without a workspace are looked at"}};
        auto database = must(store::open_postgres(options));
        must(run_to_end(database->migrate(kTables)));
        server_->run(place.database(), fmt::format("SET ROLE owner; {}", harm));
        options.owner_url.clear();
        database = must(store::open_postgres(options));
        const auto checked = run_to_end(database->migrate(kTables));
        EXPECT_FALSE(checked) << harm;
    }
}

// Whoever waited for the lock sees what was made meanwhile, the role above all.
TEST_P(RowSecurity, SeveralThatMigrateAtOnceMakeOneRole) {
    const PostgresPlace place(*server_);
    auto options = place.options();
    options.url = server_->url("newcomer", place.database());
    std::array<Result<void>, 4> migrated;
    std::vector<std::thread> threads;
    for (auto& result : migrated) {
        auto work = [&options, &result] {
            const auto database = store::open_postgres(options);
            result = database ? run_to_end((*database)->migrate(kTables)) : std::unexpected(database.error());
        };
        threads.emplace_back(std::move(work));
    }
    for (auto& thread : threads) thread.join();
    for (const auto& result : migrated) EXPECT_TRUE(result) << result.error().message;
}

TEST_P(RowSecurity, ARoleThatSomebodyElseMadeStaysAsItIs) {
    const PostgresPlace place(*server_);
    const auto role = "made_by_an_administrator_" + place.role();
    server_->run("postgres", fmt::format("CREATE ROLE {0} LOGIN CONNECTION LIMIT 7 PASSWORD '{0}-secret'", role));
    auto options = place.options();
    options.url = server_->url(role, place.database());
    const auto database = must(store::open_postgres(options));
    must(run_to_end(database->migrate(kTables)));
    must(run_to_end(database->read(WorkspaceId{"here"}, "SELECT * FROM note WHERE workspace = $workspace")));
}

TEST_P(RowSecurity, AnOwnerWhoMayMakeNoRoleLearnsItWithoutThePassword) {
    const PostgresPlace place(*server_);
    const auto owner = "poor_" + place.role();
    server_->run("postgres", fmt::format("CREATE ROLE {0} LOGIN PASSWORD '{0}-secret'", owner));
    server_->run(place.database(), fmt::format("GRANT ALL ON SCHEMA public TO {}", owner));
    auto options = place.options();
    options.owner_url = server_->url(owner, place.database());
    options.url = server_->url("never_made", place.database());
    const auto database = must(store::open_postgres(options));
    const auto migrated = run_to_end(database->migrate(kTables));
    ASSERT_FALSE(migrated);
    EXPECT_TRUE(migrated.error().message.contains("permission denied to create role")) << migrated.error().message;
    EXPECT_FALSE(migrated.error().message.contains("SCRAM")) << migrated.error().message;
}

TEST_P(RowSecurity, ARoleThatCouldBypassIsRefused) {
    const auto refused = [&](const std::string& user) {
        auto options = place_->options();
        options.owner_url.clear();
        options.url = server_->url(user, place_->database());
        const auto database = must(store::open_postgres(options));
        return run_to_end(database->migrate(kTables));
    };
    const auto superuser = refused("superuser"), owner = refused("owner");
    ASSERT_FALSE(superuser);
    EXPECT_EQ(superuser.error().code, ErrorCode::forbidden);
    ASSERT_FALSE(owner);
    EXPECT_EQ(owner.error().code, ErrorCode::forbidden);
    EXPECT_NE(owner.error().message.find("owns tables"), std::string::npos) << owner.error().message;
    const auto bypassing = server_->create_role();
    server_->run("postgres", fmt::format("ALTER ROLE {} BYPASSRLS", bypassing));
    server_->run(place_->database(), fmt::format("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", bypassing));
    const auto bypass = refused(bypassing);
    ASSERT_FALSE(bypass);
    EXPECT_EQ(bypass.error().code, ErrorCode::forbidden);
    server_->run("postgres",
                 fmt::format("CREATE ROLE member{0} LOGIN PASSWORD 'member{0}-secret'; GRANT owner TO member{0}",
                             place_->role()));
    const auto joined = refused("member" + place_->role());
    ASSERT_FALSE(joined);
    EXPECT_EQ(joined.error().code, ErrorCode::forbidden);
}

INSTANTIATE_TEST_SUITE_P(Postgres, RowSecurity, ::testing::Values("16", "18"),
                         [](const auto& made) { return "on_" + made.param; });

}  // namespace
}  // namespace slipway::test
