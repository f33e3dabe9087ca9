// Do row, chunks, passages and original of each document agree? Crashes and damage are found here, not by readers.
#include <unordered_set>

#include "base/crypto.h"
#include "knowledge/prepared.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr std::string_view kWayOut = "Restore a backup with `slipway restore`, or add the document again.";

constexpr std::size_t kFindingsMax = 100;
constexpr std::size_t kScrollPage = 500;

void found(Verification& seen, std::string finding) {
    if (seen.findings.size() < kFindingsMax) seen.findings.push_back(std::move(finding));
}

// The chunks as their own texts name them: a changed text, title, namespace or heading has another id.
std::unordered_set<std::string> ids_by_text(const Document& document, const store::Rows& rows) {
    Prepared prepared;
    for (const auto row : rows) {
        PreparedChunk chunk;
        chunk.text = row.text("text");
        chunk.place = place_of(row);
        prepared.chunks.push_back(std::move(chunk));
    }
    name_chunks(prepared, document);
    std::unordered_set<std::string> ids;
    for (const auto& chunk : prepared.chunks) ids.insert(chunk.id);
    return ids;
}

}  // namespace

Task<Verification> Knowledge::verify(WorkspaceId workspace) {
    Verification seen;
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(workspace, "select id from documents where workspace = $workspace"));
    for (const auto row : rows) SLIPWAY_CO_CHECK(co_await verify_document(workspace, row.text("id"), seen));
    SLIPWAY_CO_CHECK(co_await verify_passages(std::move(workspace), seen));
    co_return seen;
}

// Nothing is written for it, so where other processes work on the document it is looked at until none did meanwhile.
Task<void> Knowledge::verify_document(WorkspaceId workspace, std::string document_id, Verification& seen) {
    const auto sql = fmt::format(
        "select d.source, d.version, d.dirty, d.updated_at, case when {} then 0 else 1 end as held from documents d "
        "where d.workspace = $workspace and d.id = $1 and d.status <> 'removing'",
        holds_.is_free());
    Patience others(kSourcePatience);
    while (true) {
        store::Parameters by_id{document_id};
        auto again = by_id;
        SLIPWAY_CO_TRY(const auto before, co_await database_.read(workspace, sql, std::move(by_id)));
        if (before.empty()) co_return Result<void>();  // removed meanwhile
        Verification now;
        Result<void> compared;
        {
            SLIPWAY_CO_TRY(const auto guard, co_await hold_source(workspace, before.front().text("source")));
            compared = co_await compare_document(workspace, document_id, now);
        }
        SLIPWAY_CO_TRY(const auto after, co_await database_.read(workspace, sql, std::move(again)));
        const bool still =
            !shared() || (!before.front().truth("held") && std::ranges::equal(before.cells(), after.cells()));
        if (!still) {
            SLIPWAY_CO_CHECK(co_await others.wait());
            continue;
        }
        if (!compared && compared.error().code != ErrorCode::not_found) co_return compared;
        seen.documents += now.documents;
        for (auto& finding : now.findings) found(seen, std::move(finding));
        co_return Result<void>();
    }
}

Task<void> Knowledge::compare_document(WorkspaceId workspace, std::string document_id, Verification& seen) {
    SLIPWAY_CO_TRY(const auto document, co_await get(workspace, document_id));
    ++seen.documents;
    const auto sql =
        fmt::format("select {} from document_chunks c where {} order by c.ordinal", kChunkColumns, kOfDocument);
    store::Parameters by_document{document_id};
    SLIPWAY_CO_TRY(const auto chunks, co_await database_.read(workspace, sql, std::move(by_document)));
    if (static_cast<std::int64_t>(chunks.size()) != (document.version > 0 ? document.chunks : 0))
        found(seen, fmt::format("Document {} has {} chunks instead of {}. {}", document_id, chunks.size(),
                                document.version > 0 ? document.chunks : 0, kWayOut));
    std::unordered_set<std::string> expected;
    for (const auto chunk : chunks) expected.insert(chunk.text("chunk_id"));
    if (ids_by_text(document, chunks) != expected)
        found(seen, fmt::format("The text of document {} is not what was stored. {}", document_id, kWayOut));
    const auto of_document = store::Filter::equal("document_id", json::string(document_id));
    std::optional<std::string> cursor;
    do {
        SLIPWAY_CO_TRY(auto page,
                       co_await index_.scroll(workspace, options_.collection, of_document, kScrollPage, cursor));
        for (const auto& passage : page.passages)
            if (expected.erase(passage.id) == 0)
                found(seen, fmt::format("The search index has a passage too many of document {}.", document_id));
        cursor = std::move(page.next);
    } while (cursor);
    if (!expected.empty())
        found(seen, fmt::format("The search index lacks {} passages of document {}. Run `slipway reindex`.",
                                expected.size(), document_id));
    if (document.version > 0) co_return co_await verify_original(std::move(workspace), document, seen);
    co_return Result<void>();
}

Task<void> Knowledge::verify_original(WorkspaceId workspace, Document document, Verification& seen) {
    const auto object = co_await objects_.get(std::move(workspace), document.object_key);
    if (!object) {
        found(seen, fmt::format("The original of document {}: {} {}", document.id, object.error().message, kWayOut));
        co_return Result<void>();
    }
    auto hash = [&object]() -> Result<std::string> { return sha256_hex(object->data); };
    SLIPWAY_CO_TRY(const auto checksum, co_await pool_.run(std::move(hash)));
    if (checksum != document.content_hash)
        found(seen, fmt::format("The original of document {} ({}) is not what was stored. {}", document.id,
                                document.object_key, kWayOut));
    co_return Result<void>();
}

// Passages of documents that do not exist.
Task<void> Knowledge::verify_passages(WorkspaceId workspace, Verification& seen) {
    std::optional<std::string> cursor;
    std::unordered_set<std::string> known;
    do {
        SLIPWAY_CO_TRY(auto page,
                       co_await index_.scroll(workspace, options_.collection, store::Filter(), kScrollPage, cursor));
        for (const auto& passage : page.passages) {
            ++seen.passages;
            const std::string document_id(text_or(passage.metadata, "document_id"));
            if (known.contains(document_id)) continue;
            store::Parameters by_id{document_id};
            SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace,
                                                                    "select id from documents where workspace = "
                                                                    "$workspace and id = $1",
                                                                    std::move(by_id)));
            // A row that is being removed still owns its passages; the last of them go before it does.
            const auto of_document = store::Filter::equal("document_id", json::string(document_id));
            std::uint64_t left = 0;
            if (rows.empty()) {
                SLIPWAY_CO_TRY(left, co_await index_.count(workspace, options_.collection, of_document));
            }
            if (left > 0)
                found(seen, fmt::format("The search index has passages of document {}, which does not exist. Run "
                                        "`slipway reindex`.",
                                        document_id));
            known.insert(document_id);
        }
        cursor = std::move(page.next);
    } while (cursor);
    co_return Result<void>();
}

}  // namespace slipway::knowledge
