// Removal, and cleaning up after crashes: whatever the index or the object store hold that no visible version owns.
#include <array>
#include <unordered_set>

#include "base/log.h"
#include "knowledge/prepared.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {
constexpr std::size_t kScrollPage = 500;
constexpr std::size_t kRemovedAtOnce = 200;
constexpr Milliseconds kSourcePatience{120'000};
}  // namespace

Task<void> Knowledge::prepare(WorkspaceId workspace) {
    SLIPWAY_CO_CHECK(co_await check_embedding());
    co_return co_await recover(std::move(workspace));
}

Task<void> Knowledge::recover(WorkspaceId workspace) {
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(workspace, "select id from documents where workspace = $workspace and dirty = 1"));
    for (const auto row : rows) {
        const auto id = row.text("id");
        log::info("document recovered", {{"document", id}});
        SLIPWAY_CO_CHECK(co_await clean(workspace, id));
    }
    co_return Result<void>();
}

// Makes the index hold exactly the chunks of the visible version; forgets a document that has none or is being removed.
Task<void> Knowledge::clean(WorkspaceId workspace, std::string document_id) {
    store::Parameters by_id{document_id};
    const auto sql =
        fmt::format("select {}, d.status as raw_status from documents d where d.workspace = $workspace and d.id = $1",
                    kDocumentColumns);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, sql, std::move(by_id)));
    if (rows.empty()) co_return Result<void>();
    auto document = document_of(rows.front());
    if (rows.front().text("raw_status") == "removing" || document.version == 0)
        co_return co_await forget(workspace, std::move(document));

    store::Parameters by_document{document_id};
    const auto of_visible = fmt::format("select chunk_id from document_chunks where {}", kOfDocument);
    SLIPWAY_CO_TRY(const auto chunks, co_await database_.read(workspace, of_visible, std::move(by_document)));
    std::unordered_set<std::string> visible;
    for (const auto chunk : chunks) visible.insert(chunk.text("chunk_id"));
    std::optional<std::string> cursor;
    const auto of_document = store::Filter::equal("document_id", json::string(document_id));
    do {
        SLIPWAY_CO_TRY(auto page,
                       co_await index_.scroll(workspace, options_.collection, of_document, kScrollPage, cursor));
        std::vector<std::string> stale;
        for (const auto& passage : page.passages)
            if (!visible.contains(passage.id)) stale.push_back(passage.id);
        if (!stale.empty()) SLIPWAY_CO_CHECK(co_await index_.erase(workspace, options_.collection, std::move(stale)));
        cursor = std::move(page.next);
    } while (cursor);
    store::Parameters cleaned{document_id};
    SLIPWAY_CO_CHECK(co_await database_.write(
        workspace, "update documents set dirty = 0, status = 'indexed' where workspace = $workspace and id = $1",
        std::move(cleaned)));
    co_return Result<void>();
}

Task<void> Knowledge::forget(WorkspaceId workspace, Document document) {
    const auto of_document = store::Filter::equal("document_id", json::string(document.id));
    SLIPWAY_CO_CHECK(co_await index_.erase_where(workspace, options_.collection, of_document));
    // The second is where a release before this one kept them.
    const std::array<std::string, 2> prefixes{object_prefix(document.id), fmt::format("documents/{}/", document.id)};
    for (const auto& prefix : prefixes) {
        std::optional<std::string> cursor;
        do {
            SLIPWAY_CO_TRY(auto page, co_await objects_.list(workspace, prefix, kRemovedAtOnce, cursor));
            for (const auto& object : page.objects) SLIPWAY_CO_CHECK(co_await objects_.erase(workspace, object.key));
            cursor = std::move(page.next);
        } while (cursor);
    }
    store::Parameters by_id{document.id};
    SLIPWAY_CO_CHECK(co_await database_.write(
        workspace, "delete from documents where workspace = $workspace and id = $1", std::move(by_id)));
    co_return Result<void>();
}

Task<void> Knowledge::remove(WorkspaceId workspace, std::string id) {
    SLIPWAY_CO_TRY(auto document, co_await get(workspace, id));
    SLIPWAY_CO_TRY(const auto guard,
                   co_await sources_.acquire(workspace.value + "\n" + document.source, kSourcePatience));
    auto body = [&id](store::Transaction& transaction) -> Task<void> {
        store::Parameters by_document{id};
        const auto remove_chunks = fmt::format("delete from document_chunks where {}", kOfDocument);
        SLIPWAY_CO_CHECK(co_await transaction.execute(remove_chunks, std::move(by_document)));
        store::Parameters by_id{id};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update documents set status = 'removing', dirty = 1, version = 0 where workspace = $workspace and id = $1",
            std::move(by_id)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(workspace, named_body));
    co_return co_await forget(workspace, std::move(document));
}

Task<std::size_t> Knowledge::remove_all(WorkspaceId workspace, std::optional<std::string> name_space) {
    std::size_t removed = 0;
    while (true) {
        SLIPWAY_CO_TRY(const auto page, co_await list(workspace, name_space, 0, kRemovedAtOnce));
        if (page.documents.empty()) co_return removed;
        for (const auto& document : page.documents) {
            auto done = co_await remove(workspace, document.id);
            if (!done && done.error().code != ErrorCode::not_found) co_return pass(done);
            if (done) ++removed;
        }
    }
}

}  // namespace slipway::knowledge
