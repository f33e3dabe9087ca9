// What the SQLite adapter finds out about a statement before it runs it, and the parts that other adapters share.
#include "store/database/statement_rules.h"

#include <gtest/gtest.h>

#include "store/database/dialect.h"
#include "store/temporary_folder.h"

namespace slipway::store {
namespace {

struct StatementRulesTest : testing::Test {
    StatementRulesTest() {
        connection
            .execute(
                "CREATE TABLE item (id TEXT PRIMARY KEY, workspace TEXT);CREATE TABLE Shouted (id TEXT, WORKSPACE "
                "TEXT);"
                "CREATE TABLE world (id TEXT PRIMARY KEY);CREATE VIEW every_item AS SELECT id FROM item;"
                "CREATE TABLE log (id TEXT);"
                "CREATE TRIGGER keep AFTER INSERT ON log BEGIN UPDATE item SET id = 'x'; END;"
                "CREATE TABLE child (workspace TEXT, world TEXT REFERENCES world (id) ON DELETE CASCADE);")
            .value();
    }
    // Empty when allowed; otherwise the message.
    std::string refusal(const Scope& scope, const std::string& sql, std::size_t parameters = 0) {
        const auto rule = rules.allow(connection, scope, sql, parameters);
        if (rule) return "";
        EXPECT_EQ(rule.error().code, ErrorCode::internal);
        return rule.error().message;
    }
    test::TemporaryFolder folder;
    sqlite::Connection connection = sqlite::Connection::open(folder / "a.db").value();
    StatementRules rules;
    const Scope here = WorkspaceId{"here"};
};

TEST_F(StatementRulesTest, TenantTablesNeedTheWorkspaceHoweverTheyAreReached) {
    for (const char* const sql :
         {"SELECT id FROM item", "SELECT count(*) FROM item", "SELECT id FROM every_item", "SELECT id FROM Shouted",
          "SELECT id FROM ITEM", "WITH world AS (SELECT id FROM item) SELECT id FROM world",
          "SELECT 1 WHERE EXISTS (SELECT 1 FROM item)", "INSERT INTO world SELECT id FROM item",
          "INSERT INTO log VALUES ('fires a trigger')", "DELETE FROM world", "UPDATE item SET id = 'a'",
          "INSERT INTO item VALUES ('a', 'there')", "SELECT '$workspace' FROM item",
          "SELECT id FROM item -- $workspace"}) {
        EXPECT_NE(refusal(here, sql).find("$workspace"), std::string::npos) << sql;
        EXPECT_EQ(refusal(Scope::system(), sql), "") << sql;
    }
}

TEST_F(StatementRulesTest, WithTheWorkspaceTheyAreAllowed) {
    for (const char* const sql :
         {"SELECT id FROM item WHERE workspace = $workspace", "SELECT id FROM world",
          "INSERT INTO item VALUES ('a', $workspace)", "WITH item AS (SELECT id FROM world) SELECT id FROM item"})
        EXPECT_EQ(refusal(here, sql), "") << sql;
    EXPECT_EQ(refusal(here, "SELECT id FROM item WHERE id = $2 AND id <> $1 AND workspace = $workspace", 2), "");
}

TEST_F(StatementRulesTest, TablesThatAreWrittenAreNamedHoweverTheyAreReached) {
    const auto written = [this](const std::string& sql) {
        const auto rule = rules.allow(connection, Scope::system(), sql, 0).value();
        EXPECT_TRUE(std::ranges::includes(std::set(rule->tables.begin(), rule->tables.end()),
                                          std::set(rule->written.begin(), rule->written.end())));
        return std::set(rule->written.begin(), rule->written.end());
    };
    using Names = std::set<std::string>;
    EXPECT_EQ(written("SELECT id FROM every_item"), Names());
    EXPECT_EQ(written("INSERT INTO child SELECT 'here', id FROM world"), Names{"child"});
    EXPECT_EQ(written("INSERT INTO LOG VALUES ('fires a trigger')"), (Names{"log", "item"}));
    EXPECT_EQ(written("DELETE FROM world WHERE id = 'takes its children along'"), (Names{"world", "child"}));
    EXPECT_EQ(written("DELETE FROM world"), (Names{"world", "child"}));
    EXPECT_EQ(written("REPLACE INTO world VALUES ('a')"), (Names{"world", "child"}));
    EXPECT_TRUE(written("DROP TABLE child").contains(StatementRule::kSchema));
    EXPECT_TRUE(written("CREATE TABLE more (id TEXT)").contains(StatementRule::kSchema));
}

TEST_F(StatementRulesTest, ParametersAreNumberedOrTheWorkspace) {
    for (const char* const sql :
         {"SELECT ?", "SELECT ?1", "SELECT :a", "SELECT @a", "SELECT $a", "SELECT $0", "SELECT $1::text"})
        EXPECT_NE(refusal(here, sql, 1).find("Parameters are written"), std::string::npos) << sql;
    EXPECT_NE(refusal(here, "SELECT $1", 0), "");
    EXPECT_NE(refusal(here, "SELECT $2", 1), "");
    EXPECT_NE(refusal(here, "SELECT $99999999999999999999", 1), "");
}

TEST_F(StatementRulesTest, AChangedSchemaIsSeenAfterForget) {
    const std::string sql = "SELECT id FROM world";
    EXPECT_EQ(refusal(here, sql), "");
    ASSERT_TRUE(connection.execute("ALTER TABLE world ADD COLUMN workspace TEXT").has_value());
    rules.forget();
    EXPECT_NE(refusal(here, sql), "");
}

TEST(Dialect, ReplacesItsTwoWordsAndLeavesOtherBraces) {
    EXPECT_EQ(in_dialect("a {bytes}, id {serial}", kSqliteDialect).value(),
              "a BLOB, id INTEGER PRIMARY KEY AUTOINCREMENT");
    EXPECT_EQ(in_dialect("create {unlogged} table", kSqliteDialect).value(), "create  table");
    EXPECT_EQ(in_dialect("DEFAULT '{}' { {\"a\":1} {", kSqliteDialect).value(), "DEFAULT '{}' { {\"a\":1} {");
    EXPECT_EQ(in_dialect("{blob}", kSqliteDialect).error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace slipway::store
