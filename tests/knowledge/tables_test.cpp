#include "knowledge/tables.h"

#include <gtest/gtest.h>

#include "store/database/sqlite.h"
#include "store/sqlite/connection.h"
#include "store/temporary_folder.h"

namespace slipway::knowledge {
namespace {

// How SQLite would run the statement on the tables of this room.
std::string plan_of(std::string_view sql) {
    const test::TemporaryFolder folder;
    auto database = store::open_sqlite(folder / "data.db");
    if (!database || !run_to_end((*database)->migrate(migrations()))) return "the tables cannot be made";
    auto connection = store::sqlite::Connection::open(folder / "data.db");
    if (!connection) return connection.error().message;
    auto statement = connection->prepare(fmt::format("explain query plan {}", sql));
    if (!statement) return statement.error().message;
    std::string plan;
    while (statement->step().value_or(false)) plan += std::string(statement->text(3)) + "\n";
    return plan;
}

TEST(KnowledgeTables, ChunksOfADocumentAreFoundWithoutWalkingThoseOfTheWorkspace) {
    for (const std::string_view what : {"select chunk_id", "delete"}) {
        const auto plan = plan_of(fmt::format("{} from document_chunks where {}", what, kOfDocument));
        EXPECT_TRUE(plan.contains("(document_id=? AND ordinal>?)")) << plan;
    }
}

TEST(KnowledgeTables, HitsAreLookedUpByTheirIds) {
    const auto plan = plan_of(
        "select c.chunk_id, d.id from document_chunks c join documents d on d.id = c.document_id and "
        "d.workspace = $workspace where c.workspace = $workspace and c.chunk_id in ($1, $2, $3) and d.status <> ''");
    EXPECT_TRUE(plan.contains("(workspace=? AND chunk_id=?)")) << plan;
    EXPECT_TRUE(plan.contains("(id=?)")) << plan;
}

TEST(KnowledgeTables, TextsOfDocumentsMoveToATableOfTheirOwn) {
    const test::TemporaryFolder folder;
    auto database = store::open_sqlite(folder / "data.db");
    ASSERT_TRUE(database);
    ASSERT_TRUE(run_to_end((*database)->migrate(migrations().first(1))));
    ASSERT_TRUE(run_to_end((*database)->write(
        store::Scope::system(),
        "insert into documents(id, workspace, number, source, namespace, title, media_type, file_name, size, "
        "content_hash, object_key, metadata, status, content, created_at, updated_at) values ('d', 'one', 1, 's', 'n', "
        "'t', '', 'f', 1, '', '', '{}', 'indexed', 'As it was.', 0, 0)")));
    ASSERT_TRUE(run_to_end((*database)->migrate(migrations())));
    const auto texts = run_to_end((*database)->read(
        WorkspaceId{"one"}, "select content from document_texts where workspace = $workspace and document_id = 'd'"));
    ASSERT_TRUE(texts && texts->size() == 1);
    EXPECT_EQ(texts->front().text("content"), "As it was.");
}

}  // namespace
}  // namespace slipway::knowledge
