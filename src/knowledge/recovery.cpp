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
constexpr Milliseconds kNoPatience{1};
}  // namespace

Task<void> Knowledge::prepare(WorkspaceId workspace) {
    SLIPWAY_CO_CHECK(co_await check_embedding());
    SLIPWAY_CO_CHECK(co_await recover(std::move(workspace)));
    if (options_.mend_index) SLIPWAY_CO_CHECK(co_await mend_index());
    co_return Result<void>();
}

std::shared_ptr<void> Knowledge::hold_originals() {
    originals_held_.fetch_add(1);
    return {this, [](void* held) { static_cast<Knowledge*>(held)->originals_held_.fetch_sub(1); }};
}

Task<void> Knowledge::recover(WorkspaceId workspace) {
    auto rows = co_await database_.read(workspace,
                                        "select id, source from documents where workspace = $workspace and dirty = 1");
    leftovers_ = !rows.has_value();
    SLIPWAY_CO_CHECK(rows);
    for (const auto row : *rows) {
        const auto id = row.text("id");
        auto guard = co_await hold_source(workspace, row.text("source"), kNoPatience);
        if (!guard) continue;  // whoever holds it is at work on this very document
        auto cleaned = co_await clean(workspace, id);
        if (!cleaned) leftovers_ = true;
        if (!cleaned) co_return cleaned;
        log::info("document recovered", {{"document", id}});
    }
    co_return Result<void>();
}

// Makes the index hold exactly the chunks of the visible version; forgets a document that has none or is being removed.
Task<void> Knowledge::clean(WorkspaceId workspace, std::string document_id) {
    store::Parameters by_id{document_id};
    const auto sql = fmt::format(
        "select {}, d.status as raw_status from documents d where d.workspace = $workspace and d.id = $1 "
        "and d.dirty = 1",
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
    SLIPWAY_CO_TRY(const bool erased, co_await erase_originals(workspace, document_id, document.object_key));
    store::Parameters cleaned{document_id, !erased};
    SLIPWAY_CO_CHECK(co_await database_.write(
        workspace, "update documents set dirty = $2, status = 'indexed' where workspace = $workspace and id = $1",
        std::move(cleaned)));
    co_return Result<void>();
}

// All originals that were ever kept for the document, but one. False while they are held: recover() comes back.
Task<bool> Knowledge::erase_originals(WorkspaceId workspace, std::string document_id, std::string kept) {
    if (originals_held_ > 0) {
        leftovers_ = true;
        co_return false;
    }
    // The others are where releases before this one kept them.
    const auto end_of_id = document_id.substr(document_id.size() - std::min<std::size_t>(2, document_id.size()));
    const std::array<std::string, 3> prefixes{object_prefix(document_id),
                                              fmt::format("documents/{}/{}-", end_of_id, document_id),
                                              fmt::format("documents/{}/", document_id)};
    for (const auto& prefix : prefixes) {
        std::optional<std::string> cursor;
        do {
            SLIPWAY_CO_TRY(auto page, co_await objects_.list(workspace, prefix, kRemovedAtOnce, cursor));
            for (const auto& object : page.objects)
                if (object.key != kept) SLIPWAY_CO_CHECK(co_await objects_.erase(workspace, object.key));
            cursor = std::move(page.next);
        } while (cursor);
    }
    co_return true;
}

Task<void> Knowledge::forget(WorkspaceId workspace, Document document) {
    const auto of_document = store::Filter::equal("document_id", json::string(document.id));
    SLIPWAY_CO_CHECK(co_await index_.erase_where(workspace, options_.collection, of_document));
    SLIPWAY_CO_TRY(const bool erased, co_await erase_originals(workspace, document.id, ""));
    if (!erased) co_return Result<void>();
    store::Parameters by_id{document.id};
    SLIPWAY_CO_CHECK(co_await database_.write(
        workspace, "delete from documents where workspace = $workspace and id = $1", std::move(by_id)));
    co_return Result<void>();
}

Task<void> Knowledge::remove(WorkspaceId workspace, std::string id) {
    SLIPWAY_CO_TRY(auto document, co_await get(workspace, id));
    SLIPWAY_CO_TRY(const auto guard, co_await hold_source(workspace, document.source));
    auto body = [&id](store::Transaction& transaction) -> Task<void> {
        store::Parameters by_document{id};
        const auto remove_chunks = fmt::format("delete from document_chunks where {}", kOfDocument);
        SLIPWAY_CO_CHECK(co_await transaction.execute(remove_chunks, std::move(by_document)));
        store::Parameters by_id{id};
        // Its source is free from here on, however long the rest takes.
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update documents set status = 'removing', dirty = 1, version = 0, source = id "
            "where workspace = $workspace and id = $1",
            std::move(by_id)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(workspace, named_body));
    // It is gone for everybody; what is left of it goes now, or later by recover().
    const auto forgotten = co_await forget(workspace, std::move(document));
    if (!forgotten) leave_for_later(id, forgotten.error());
    co_return Result<void>();
}

void Knowledge::leave_for_later(std::string_view document_id, const Error& error) {
    leftovers_ = true;
    log::warning("document left for recovery", {{"document", document_id}, {"error", error.message}});
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
