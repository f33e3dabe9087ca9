// Copies of rows between databases: parts of them, and into tables that hold rows already. (Whole ones, between
// engines: tests/end_to_end.)
#include "store/database/copy.h"

#include <gtest/gtest.h>

#include "must.h"
#include "store/database/sqlite.h"
#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

constexpr store::Migration kTables[] = {
    {"shop", 1,
     "create table people (id text primary key, workspace text not null, number bigint not null, unique (workspace, "
     "number)); create table orders (id text primary key, workspace text not null, person text not null references "
     "people(id))"}};

struct DatabaseCopy : testing::Test {
    TemporaryFolder folder;
    std::unique_ptr<store::Database> from = open("from.db"), to = open("to.db");

    std::unique_ptr<store::Database> open(const std::string& name) {
        auto database = must(store::open_sqlite(folder / name));
        must(run_to_end(database->migrate(kTables)));
        return database;
    }
    static void run(store::Database& database, const std::string& sql) {
        must(run_to_end(database.write(store::Scope::system(), sql)));
    }
    static std::int64_t count(store::Database& database, const std::string& table) {
        const auto rows = must(run_to_end(database.read(store::Scope::system(), "select count(*) as n from " + table)));
        return rows.front().integer("n");
    }
    void SetUp() override {
        run(*from, "insert into people(id, workspace, number) values ('ann', 'w', 1), ('ben', 'w', 2)");
        run(*from, "insert into orders(id, workspace, person) values ('o1', 'w', 'ann')");
    }
};

bool is_people(std::string_view table) { return table == "people"; }

TEST_F(DatabaseCopy, OfSomeTablesLeavesTheOthersAlone) {
    run(*to, "insert into people(id, workspace, number) values ('ann', 'w', 1)");
    run(*to, "insert into orders(id, workspace, person) values ('o9', 'w', 'ann')");
    const auto refused = run_to_end(store::copy_rows(*from, *to, {.takes = is_people}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    run(*to, "delete from orders");
    run(*to, "delete from people");
    const auto copied = must(run_to_end(store::copy_rows(*from, *to, {.takes = is_people})));
    ASSERT_EQ(copied.size(), 1U);
    EXPECT_EQ(copied.front().rows, 2U);
    EXPECT_EQ(count(*to, "orders"), 0);
}

TEST_F(DatabaseCopy, ThatAddsKeepsWhatIsThereAndMayBeDoneAgain) {
    run(*to, "insert into people(id, workspace, number) values ('ann', 'w', 7), ('cid', 'w', 3)");
    for (int time = 0; time < 2; ++time) must(run_to_end(store::copy_rows(*from, *to, {.add = true})));
    EXPECT_EQ(count(*to, "people"), 3);
    EXPECT_EQ(count(*to, "orders"), 1);
    const auto ann = must(run_to_end(to->read(store::Scope::system(), "select number from people where id = 'ann'")));
    EXPECT_EQ(ann.front().integer("number"), 7);
}

TEST_F(DatabaseCopy, ThatAddsLosesNoRowToAnotherKey) {
    run(*to, "insert into people(id, workspace, number) values ('dan', 'w', 2)");  // ben's number
    const auto refused = run_to_end(store::copy_rows(*from, *to, {.add = true}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
}

TEST_F(DatabaseCopy, IsRefusedBeforeItWrites) {
    run(*to, "insert into people(id, workspace, number) values ('ann', 'w', 1)");
    EXPECT_FALSE(run_to_end(store::check_copy(*from, *to, {})).has_value());
    EXPECT_TRUE(run_to_end(store::check_copy(*from, *to, {.add = true})).has_value());
    EXPECT_FALSE(run_to_end(store::copy_rows(*from, *to)).has_value());
    EXPECT_EQ(count(*to, "people"), 1);
}

}  // namespace
}  // namespace slipway::test
