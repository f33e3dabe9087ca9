// The tables of the pgvector adapter: which plan PostgreSQL takes, that a filtered search is not short whatever the
// plan, who sees what, and how the tables come into a database.
#include <gtest/gtest.h>

#include "store/index/bench.h"
#include "store/index/engines/faults.h"
#include "store/index/engines/pgvector_place.h"
#include "store/index/pgvector_graph.h"
#include "store/index/pgvector_search.h"
#include "store/index/pgvector_sql.h"
#include "store/index/vector.h"

namespace slipway::test {
namespace {

namespace pgvector = store::pgvector;
using store::Scope;
using store::conformance::random_vector;

constexpr std::size_t kDimension = 16, kPassages = 3'000, kRare = 40;

class PgvectorPlan : public testing::TestWithParam<std::string> {
 protected:
    void SetUp() override {
        place_ = PgvectorPlace::get(GetParam());
        if (!place_) GTEST_SKIP() << "scripts/engines.sh postgresql-" << GetParam();
        database_ = place_->open_database();
        index_ = store::open_pgvector(*database_, options_);
    }
    void fill() {
        must(index_->ensure(name_, {.dimension = kDimension}));
        std::vector<store::Passage> passages;
        for (std::size_t i = 0; i < kPassages; ++i)
            passages.push_back({.id = fmt::format("p{:05}", i),
                                .name_space = i % (kPassages / kRare) == 0 ? "rare" : "common",
                                .text = "t",
                                .vector = random_vector(i, kDimension)});
        must(index_->upsert(kWorkspace, name_, passages));
        place_->server().run(place_->database(), "ANALYZE index_passage");
    }
    std::string explain(const store::Filter& filter) {
        const auto collection = must(pgvector_collection());
        store::Parameters parameters{pgvector::vector_text(random_vector(1, kDimension))};
        const auto sql = "EXPLAIN " + pgvector::near_sql(collection, filter, {20, 10, 0}, parameters);
        std::string plan;
        const store::Database::Body body = [&](store::Transaction& transaction) -> Task<void> {
            plan.clear();
            SLIPWAY_CO_CHECK(co_await transaction.execute(pgvector::near_settings(20, options_)));
            SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(sql, parameters));
            for (const auto row : rows) plan += row.text("QUERY PLAN") + "\n";
            co_return Result<void>();
        };
        must(database_->transact(kWorkspace, body));
        return plan;
    }
    Task<store::RemoteCollection> pgvector_collection() {
        const store::Parameters named{name_};
        SLIPWAY_CO_TRY(
            const auto rows,
            co_await database_->read(Scope::system(), "SELECT number FROM index_collection WHERE name = $1", named));
        co_return store::RemoteCollection{fmt::format("{}", rows.front().integer("number")), {.dimension = kDimension}};
    }
    // The nearest by comparing all, as the port says.
    static std::vector<std::string> nearest(const store::Vector& to, std::size_t every, std::size_t count) {
        std::vector<std::pair<double, std::string>> all;
        const auto asked = store::prepared_vector(store::Metric::cosine, to);
        for (std::size_t i = 0; i < kPassages; i += every)
            all.emplace_back(
                -store::nearness(store::Metric::cosine, asked,
                                 store::prepared_vector(store::Metric::cosine, random_vector(i, kDimension))),
                fmt::format("p{:05}", i));
        std::ranges::sort(all);
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < count; ++i) ids.push_back(all[i].second);
        return ids;
    }

    PgvectorPlace* place_ = nullptr;
    const store::PgvectorOptions options_{.exact_max = 9, .beside_values_max = 500};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Index> index_;
    const std::string name_ = "plan-" + new_id();
};

TEST_P(PgvectorPlan, TheGraphIsWalkedAndAFilteredSearchIsNotShort) {
    fill();
    const auto rare = store::Filter::equal("namespace", "rare");
    for (const auto& filter : {store::Filter(), rare}) {
        const auto plan = explain(filter);
        EXPECT_TRUE(plan.contains("Index Scan using index_passage_near_")) << plan;
    }
    std::size_t same = 0;
    for (std::size_t i = 0; i < 20; ++i) {
        const auto vector = random_vector(90'000 + i, kDimension);
        const auto hits = must(index_->search(kWorkspace, name_, {.vector = vector, .limit = 10}));
        ASSERT_EQ(hits.size(), 10U);
        const auto wanted = nearest(vector, 1, 10);
        for (const auto& hit : hits) same += std::ranges::find(wanted, hit.passage.id) != wanted.end() ? 1U : 0U;
        // Few match, and they are anywhere: what the walk does not find is found by comparing all.
        for (const std::size_t limit : {10U, static_cast<unsigned>(kRare)}) {
            const auto few =
                must(index_->search(kWorkspace, name_, {.vector = vector, .filter = rare, .limit = limit}));
            EXPECT_EQ(few.size(), limit);
        }
    }
    EXPECT_GE(same, 195U) << "of the 200 nearest";
    must(index_->drop(name_));
}

// A small collection pays for no graph; one that grew gets it.
TEST_P(PgvectorPlan, AGraphIsMadeWhenACollectionHasGrown) {
    must(index_->ensure(name_, {.dimension = 2}));
    const auto graphs = [&] {
        const store::Parameters named{"index_passage_near_" + must(pgvector_collection()).name};
        return must(database_->read(Scope::system(), "SELECT 1 AS one FROM pg_indexes WHERE indexname = $1", named))
            .size();
    };
    must(index_->upsert(kWorkspace, name_, some_passages(9)));
    EXPECT_EQ(graphs(), 0U);
    must(index_->upsert(kWorkspace, name_, some_passages(10)));
    EXPECT_EQ(graphs(), 1U);
    must(index_->upsert(kWorkspace, name_, some_passages(11)));
    must(index_->renew(name_, {.dimension = 2}));
    EXPECT_EQ(graphs(), 0U);
    must(index_->drop(name_));
}

// To put a passage into a graph takes long, so a call that writes leaves it beside; a search finds both.
TEST_P(PgvectorPlan, NewPassagesWaitBesideTheGraphAndAreFound) {
    fill();
    const auto beside = [&] {
        return must(database_->read(kWorkspace,
                                    "SELECT count(*) AS n FROM index_passage WHERE workspace = $workspace "
                                    "AND embedding IS NOT NULL AND NOT near"))
            .front()
            .integer("n");
    };
    EXPECT_EQ(beside(), 0);
    constexpr std::size_t kWaiting = 500 / kDimension;  // beside_values_max
    const auto vector = random_vector(90'000, kDimension);
    for (std::size_t i = 0; i <= kWaiting; ++i) {
        const auto id = fmt::format("new{:02}", i);
        must(index_->upsert(kWorkspace, name_, {{.id = id, .name_space = "new", .text = "t", .vector = vector}}));
        const auto waiting = (i + 1) % (kWaiting + 1);
        EXPECT_EQ(beside(), static_cast<std::int64_t>(waiting));
        const auto hits = must(index_->search(kWorkspace, name_, {.vector = vector, .limit = i + 2}));
        ASSERT_EQ(hits.size(), i + 2);
        for (std::size_t n = 0; n <= i; ++n) EXPECT_EQ(hits[n].passage.id, fmt::format("new{:02}", n));
        EXPECT_EQ(hits.back().passage.id, nearest(vector, 1, 1).front());
    }
    must(index_->drop(name_));
}

// A walk that may look at few rows comes back short under a filter; the answer does not.
TEST_P(PgvectorPlan, AWalkThatComesBackShortIsMadeGoodByComparingAll) {
    auto impatient = options_;
    impatient.scan_tuples_max = 1;
    index_ = store::open_pgvector(*database_, impatient);
    fill();
    const auto vector = random_vector(90'000, kDimension);
    const store::Query query{.vector = vector, .filter = store::Filter::equal("namespace", "rare"), .limit = kRare};
    const auto hits = must(index_->search(kWorkspace, name_, query));
    EXPECT_EQ(store::conformance::ids_of(hits), nearest(vector, kPassages / kRare, kRare));
    must(index_->drop(name_));
}

// PostgreSQL's text has no NUL; the port's has.
TEST_P(PgvectorPlan, WhatItsTextCannotHoldComesBack) {
    const std::string odd("a\0b \\ \"{x},\n", 12), field("k\0", 2);
    must(index_->ensure(name_, {}));
    must(index_->upsert(kWorkspace, name_,
                        {{.id = "\\ \"{},NULL", .text = odd, .metadata = {{field, odd}, {"n\\", 1}}},
                         {.id = "NULL", .name_space = "NULL", .text = "water"}}));
    using store::Filter;
    const auto found = [&](const Filter& filter) {
        return must(index_->scroll(kWorkspace, name_, filter, 10, {})).passages;
    };
    const auto odds = found(Filter::all({Filter::equal(field, json::string(odd)), Filter::exist("n\\")}));
    ASSERT_EQ(odds.size(), 1U);
    EXPECT_EQ(odds[0].id, "\\ \"{},NULL");
    EXPECT_EQ(odds[0].text, odd);
    EXPECT_EQ(odds[0].metadata, (json::object{{field, odd}, {"n\\", 1}}));
    EXPECT_EQ(found(Filter::equal("namespace", "NULL")).size(), 1U);
    EXPECT_EQ(found(Filter::equal("namespace", json::string(odd))).size(), 0U);
    EXPECT_EQ(must(index_->erase(kWorkspace, name_, {"NULL", odd})), 1U);
    must(index_->drop(name_));
}

// Statements of the application's role that forget the workspace, past the rules of the port: in the system's words but
// the workspace's scope.
TEST_P(PgvectorPlan, RowsOfOthersCannotBeSeenOrChanged) {
    must(index_->ensure(name_, {.dimension = 2}));
    must(index_->upsert(kWorkspace, name_, some_passages(3)));
    must(index_->upsert({"other"}, name_, some_passages(5)));
    for (const auto* const table : {"index_passage", "index_posting", "index_waiting", "index_space"}) {
        const auto count = [&](const WorkspaceId& workspace, std::string_view whose) {
            const auto sql = fmt::format("SELECT count(*) AS n FROM {} WHERE $workspace <> '' {}", table, whose);
            return must(database_->read(workspace, sql)).front().integer("n");
        };
        EXPECT_EQ(count({"w"}, ""), count({"w"}, "AND workspace = 'w'")) << table;
        EXPECT_EQ(count({"w"}, "AND workspace = 'other'"), 0) << table;
        EXPECT_EQ(count({"nobody"}, ""), 0) << table;
        const auto secured = must(database_->read(
            Scope::system(), fmt::format("SELECT relrowsecurity AND relforcerowsecurity AS forced FROM pg_class WHERE "
                                         "oid = '{}'::regclass",
                                         table)));
        EXPECT_TRUE(secured.front().truth("forced")) << table;
    }
    const auto moved = run_to_end(database_->write(
        {kWorkspace}, "UPDATE index_passage SET workspace = 'other', number = number + 100 WHERE $workspace <> ''"));
    ASSERT_FALSE(moved);
    EXPECT_TRUE(moved.error().message.contains("row-level security")) << moved.error().message;
    must(index_->drop(name_));
}

// With the rights of the owner the role can make one kind of index, of a collection that is there, and nothing else.
TEST_P(PgvectorPlan, TheFunctionsOfTheOwnerDoNothingElse) {
    must(index_->ensure(name_, {.dimension = 2}));
    const auto indexes = [&] {
        return must(database_->read(Scope::system(),
                                    "SELECT count(*) AS n FROM pg_indexes WHERE indexname LIKE 'index_passage_near_%'"))
            .front()
            .integer("n");
    };
    const auto before = indexes();
    const auto number = pgvector::generation_of(must(pgvector_collection()));
    must(pgvector::make_graph(*database_, number));
    for (const auto which : {number, std::int64_t{987'654}})
        for (const auto* const function : {"index_make_near", "index_make_graph", "index_drop_near"}) {
            const store::Parameters parameters{which};
            must(database_->write(Scope::system(), fmt::format("SELECT {}($1)", function), parameters));
        }
    EXPECT_EQ(indexes(), before + 1) << "a living collection keeps its index, and what is none gets none";
    EXPECT_FALSE(run_to_end(database_->write(Scope::system(), "DROP INDEX index_passage_namespace")));
    must(index_->drop(name_));
}

TEST_P(PgvectorPlan, MissingExtensionIsToldWithWhatToDo) {
    auto& server = place_->server();
    const auto database = server.create_database();
    server.run(database, "DROP EXTENSION vector");
    store::PostgresOptions options;
    options.url = server.url(server.create_role(), database);
    options.owner_url = server.owner_url(database);
    const auto opened = must(store::open_postgres(options));
    const auto refused = store::migrate_pgvector(*opened);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << refused.error().message;
    EXPECT_TRUE(refused.error().message.contains("CREATE EXTENSION vector")) << refused.error().message;
    server.run(database, "CREATE EXTENSION vector");
    must(store::migrate_pgvector(*opened));
}

// A database that was used before it held an index; what it holds stays, and its backup has no index in it.
TEST_P(PgvectorPlan, TablesComeIntoADatabaseThatIsInUse) {
    constexpr store::Migration kOlder[] = {
        {.capability = "notes", .number = 1, .sql = "CREATE TABLE note (workspace TEXT NOT NULL, text TEXT NOT NULL)"}};
    auto& server = place_->server();
    store::PostgresOptions options;
    const auto database = server.create_database();
    options.url = server.url(server.create_role(), database);
    options.owner_url = server.owner_url(database);
    options.above_workspaces = place_->options().above_workspaces;
    {
        const auto older = must(store::open_postgres(options));
        must(older->migrate(kOlder));
        must(older->write(kWorkspace, "INSERT INTO note VALUES ($workspace, 'kept')"));
    }
    const auto opened = must(store::open_postgres(options));
    must(store::migrate_pgvector(*opened));
    must(opened->migrate(kOlder));
    const auto index = store::open_pgvector(*opened);
    must(index->ensure(name_, {.dimension = 2}));
    must(index->upsert(kWorkspace, name_, some_passages(3)));
    EXPECT_EQ(must(opened->read(kWorkspace, "SELECT text FROM note WHERE workspace = $workspace")).size(), 1U);
    std::vector<std::string> tables;
    const store::Database::Page page = [&](const store::TableShape& table, const store::Rows&) -> Task<void> {
        tables.push_back(table.name);
        co_return Result<void>();
    };
    must(opened->dump(page));
    EXPECT_EQ(tables, std::vector<std::string>{"note"});
    TemporaryFolder folder;
    must(opened->backup(folder / "backup.sqlite"));
}

INSTANTIATE_TEST_SUITE_P(Index, PgvectorPlan, testing::Values("16", "18"),
                         [](const auto& made) { return "on_" + made.param; });

}  // namespace
}  // namespace slipway::test
