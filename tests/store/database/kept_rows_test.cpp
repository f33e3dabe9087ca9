// When an answer may be given again without asking the database.
#include "store/database/kept_rows.h"

#include <gtest/gtest.h>

#include "store/database/statement_rules.h"
#include "store/temporary_folder.h"

namespace slipway::store {
namespace {

Rows rows_of(std::string text) { return {{"name"}, {Value(std::move(text))}, 0}; }

struct KeptRowsTest : testing::Test {
    // As an adapter does it around its read.
    void keep(const std::string& text) { kept->keep("key", tables, kept->version_of(tables).value(), rows_of(text)); }
    std::string found() {
        const auto rows = kept->find("key");
        return rows ? rows->front().text("name") : "nothing";
    }
    const KeptRows::Tables tables{"users", "sessions"};
    std::shared_ptr<KeptRows> kept = std::make_shared<KeptRows>(std::chrono::hours(1));
};

TEST_F(KeptRowsTest, AreGivenAgainWhileNothingChanges) {
    EXPECT_EQ(found(), "nothing");
    keep("ada");
    EXPECT_EQ(found(), "ada");
    {
        KeptRows::Change(kept).add({"chats"});
    }
    EXPECT_EQ(found(), "ada");
    keep("grace");
    EXPECT_EQ(found(), "grace");
}

TEST_F(KeptRowsTest, AreForgottenOnceOneOfTheirTablesHasChanged) {
    for (const auto& table : tables) {
        keep("ada");
        {
            KeptRows::Change(kept).add({"chats", table});
        }
        EXPECT_EQ(found(), "nothing") << table;
    }
}

TEST_F(KeptRowsTest, AreNotGivenNorTakenWhileATransactionChangesTheirTable) {
    keep("ada");
    const auto before = kept->version_of(tables);
    {
        KeptRows::Change first(kept), second(kept);
        first.add({"users"});
        first.add({"users"});
        {
            KeptRows::Change third(kept);
            third.add({"users"});
        }
        EXPECT_EQ(found(), "nothing");
        EXPECT_EQ(kept->version_of(tables), std::nullopt);
        kept->keep("key", tables, *before, rows_of("from the snapshot before"));
        EXPECT_EQ(found(), "nothing");
    }
    EXPECT_EQ(found(), "nothing");
    keep("grace");
    EXPECT_EQ(found(), "grace");
}

TEST_F(KeptRowsTest, AreNotTakenWhenATableChangedWhileTheyWereRead) {
    const auto before = kept->version_of(tables).value();
    {
        KeptRows::Change(kept).add({"sessions"});
    }
    kept->keep("key", tables, before, rows_of("old"));
    EXPECT_EQ(found(), "nothing");
}

TEST_F(KeptRowsTest, AreAskedForAgainAfterTheirTime) {
    kept = std::make_shared<KeptRows>(Milliseconds(0));
    keep("ada");
    EXPECT_EQ(found(), "nothing");
}

TEST_F(KeptRowsTest, AreSmallAndFew) {
    keep(std::string(KeptRows::kTextBytesMax + 1, 'x'));
    EXPECT_EQ(found(), "nothing");
    keep("ada");
    for (std::size_t i = 1; i < KeptRows::kEntriesMax; ++i) kept->keep(fmt::format("{}", i), {}, 0, Rows());
    EXPECT_EQ(found(), "ada");
    kept->keep("one more", {}, 0, Rows());
    EXPECT_EQ(found(), "nothing");
    EXPECT_TRUE(kept->find("one more"));
}

TEST(KeptRowsKey, TellsScopesKindsAndPlacesOfParametersApart) {
    const Scope here = WorkspaceId{"here"};
    const std::vector<std::string> keys{
        KeptRows::key_of(here, "SELECT", {}),
        KeptRows::key_of(WorkspaceId{"there"}, "SELECT", {}),
        KeptRows::key_of(Scope::system(), "SELECT", {}),
        KeptRows::key_of(here, "SELECT 1", {}),
        KeptRows::key_of(here, "SELECT", {"a", "b"}),
        KeptRows::key_of(here, "SELECT", {"at1:b"}),
        KeptRows::key_of(here, "SELECT", {"ab"}),
        KeptRows::key_of(here, "SELECT", {Bytes{"ab"}}),
        KeptRows::key_of(here, "SELECT", {1}),
        KeptRows::key_of(here, "SELECT", {1.0}),
        KeptRows::key_of(here, "SELECT", {"1"}),
        KeptRows::key_of(here, "SELECT", {nullptr}),
        KeptRows::key_of(here, "SELECT", {""}),
    };
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
    EXPECT_EQ(KeptRows::key_of(here, "SELECT", {1, "a"}), KeptRows::key_of(here, "SELECT", {1, "a"}));
}

}  // namespace
}  // namespace slipway::store
