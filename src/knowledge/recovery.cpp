// Cleaning up after crashes: whatever the index or the object store hold that no visible version owns.
#include <array>
#include <unordered_set>

#include "base/log.h"
#include "knowledge/prepared.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kScrollPage = 500;
constexpr std::size_t kErasedAtOnce = 200;
constexpr std::size_t kRecoveredAtOnce = 100;

}  // namespace

Task<void> Knowledge::prepare(WorkspaceId workspace) {
    SLIPWAY_CO_CHECK(co_await check_embedding());
    SLIPWAY_CO_CHECK(co_await recover(std::move(workspace)));
    if (options_.mend_index) SLIPWAY_CO_CHECK(co_await mend_index());
    co_return Result<void>();
}

bool Knowledge::has_leftovers() const {
    if (holds_.left()) return true;
    const auto looked = looked_at_.load(), used = used_at_.load();
    return shared() && used > looked && steady_ms() - looked > holds_.lease().count();
}

Task<void> Knowledge::recover(WorkspaceId workspace) {
    looked_at_ = steady_ms();
    holds_.left() = false;
    auto done = co_await recover_documents(std::move(workspace));
    if (done) done = co_await finish_index();
    if (!done) holds_.left() = true;
    co_return done;
}

Task<void> Knowledge::recover_documents(WorkspaceId workspace) {
    const auto sql = fmt::format(
        "select id, source, case when {} then 0 else 1 end as held from documents where workspace = $workspace and "
        "dirty > 0 and id > $1 order by id limit $2",
        holds_.is_free());
    std::string last;
    for (auto count = kRecoveredAtOnce; count == kRecoveredAtOnce;) {
        store::Parameters page{last, kRecoveredAtOnce};
        SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, sql, std::move(page)));
        count = rows.size();
        for (const auto row : rows) {
            last = row.text("id");
            // Whoever has it is at work on it, or died over it: then its time will be over.
            if (row.truth("held"))
                holds_.left() = true;
            else
                SLIPWAY_CO_CHECK(co_await recover_document(workspace, last, row.text("source")));
        }
    }
    co_return Result<void>();
}

Task<void> Knowledge::recover_document(WorkspaceId workspace, std::string document_id, std::string source) {
    const auto guard = co_await hold_source(workspace, std::move(source), kNoPatience);
    if (!guard) co_return Result<void>();  // whoever holds it is at work on this very document
    const auto holder = holds_.new_holder();
    const auto taken = std::chrono::steady_clock::now();
    const auto sql = fmt::format(
        "update documents set dirty = 1, holder = $2, held_until = {} where workspace = $workspace and id = $1 and "
        "dirty > 0 and {}",
        holds_.until(), holds_.is_free());
    store::Parameters mine{document_id, holder};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.write_guarded(workspace, sql, std::move(mine)));
    if (rows.changed() == 0) co_return Result<void>();  // another process was faster
    const auto executor = co_await asio::this_coro::executor;
    auto hold = holds_.begin(executor, workspace, document_id, holder, taken);
    SLIPWAY_CO_CHECK(co_await clean(std::move(workspace), document_id, hold));
    log::info("document recovered", {{"document", document_id}});
    co_return Result<void>();
}

// Makes the index hold exactly the chunks of the visible version; forgets a document that has none or is being removed.
Task<void> Knowledge::clean(WorkspaceId workspace, std::string document_id, Hold& hold) {
    SLIPWAY_CO_CHECK(co_await hold.confirm());
    store::Parameters mine{document_id, hold.holder()};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace,
                                                            "select status, version, dirty, object_key from documents "
                                                            "where workspace = $workspace and id = $1 and holder = $2",
                                                            std::move(mine)));
    if (rows.empty()) co_return lost_hold();
    const auto row = rows.front();
    if (row.integer("dirty") == 0) co_return co_await holds_.release(std::move(workspace), document_id, hold);
    if (row.text("status") == "removing" || row.integer("version") == 0)
        co_return co_await forget(workspace, std::move(document_id), hold);
    SLIPWAY_CO_CHECK(co_await erase_stale(workspace, document_id, hold));
    SLIPWAY_CO_TRY(const bool erased, co_await erase_originals(workspace, document_id, row.text("object_key"), &hold));
    store::Parameters cleaned{document_id, !erased, hold.holder()};
    SLIPWAY_CO_TRY(const auto changed, co_await database_.write_guarded(
                                           std::move(workspace),
                                           "update documents set dirty = case when dirty = 2 then 1 else $2 end, "
                                           "status = 'indexed', holder = '', held_until = 0 "
                                           "where workspace = $workspace and id = $1 and holder = $3",
                                           std::move(cleaned)));
    if (changed.changed() == 0) co_return lost_hold();
    hold.released();
    co_return Result<void>();
}

// The passages that the visible version has not.
Task<void> Knowledge::erase_stale(WorkspaceId workspace, std::string document_id, const Hold& hold) {
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
        // To one who has lost the document, what its new holder puts there would look stale.
        SLIPWAY_CO_CHECK(co_await hold.confirm());
        if (!stale.empty()) SLIPWAY_CO_CHECK(co_await index_.erase(workspace, options_.collection, std::move(stale)));
        cursor = std::move(page.next);
    } while (cursor);
    co_return Result<void>();
}

// All originals that were ever kept for the document, but one. False while they are held: recover() comes back. Without
// a hold where the document's row is gone.
Task<bool> Knowledge::erase_originals(WorkspaceId workspace, std::string document_id, std::string kept,
                                      const Hold* hold) {
    SLIPWAY_CO_TRY(const bool held, co_await originals_are_held());
    if (held) {
        holds_.left() = true;
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
            SLIPWAY_CO_TRY(auto page, co_await objects_.list(workspace, prefix, kErasedAtOnce, cursor));
            if (hold != nullptr) SLIPWAY_CO_CHECK(co_await hold->confirm());
            for (const auto& object : page.objects)
                if (object.key != kept) SLIPWAY_CO_CHECK(co_await objects_.erase(workspace, object.key));
            cursor = std::move(page.next);
        } while (cursor);
    }
    co_return true;
}

void Knowledge::leave_for_later(std::string_view document_id, const Error& error) {
    holds_.left() = true;
    log::warning("document left for recovery", {{"document", document_id}, {"error", error.message}});
}

}  // namespace slipway::knowledge
