// Removal: first nobody finds the document any more, then what was kept of it goes.
#include "knowledge/prepared.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kRemovedAtOnce = 200;

}  // namespace

Task<void> Knowledge::forget(WorkspaceId workspace, std::string document_id, Hold& hold) {
    const auto of_document = store::Filter::equal("document_id", json::string(document_id));
    SLIPWAY_CO_CHECK(co_await index_.erase_where(workspace, options_.collection, of_document));
    SLIPWAY_CO_TRY(const bool erased, co_await erase_originals(workspace, document_id, "", &hold));
    if (!erased) co_return co_await holds_.release(std::move(workspace), std::move(document_id), hold);
    store::Parameters mine{std::move(document_id), hold.holder()};
    SLIPWAY_CO_CHECK(co_await database_.write_guarded(
        std::move(workspace), "delete from documents where workspace = $workspace and id = $1 and holder = $2",
        std::move(mine)));
    hold.released();
    co_return Result<void>();
}

// False when another process has it, or removed it.
Task<bool> Knowledge::begin_removal(WorkspaceId workspace, std::string id, std::string holder) {
    bool begun = false;
    // Its source is free from here on, however long the rest takes.
    const auto mark = fmt::format(
        "update documents set status = 'removing', dirty = 1, version = 0, source = id, holder = $2, held_until = {} "
        "where workspace = $workspace and id = $1 and status <> 'removing' and {}",
        holds_.until(), holds_.is_free());
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters mine{id, holder};
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(mark, std::move(mine)));
        begun = rows.changed() > 0;
        if (!begun) co_return Result<void>();
        store::Parameters by_document{id};
        const auto remove_chunks = fmt::format("delete from document_chunks where {}", kOfDocument);
        SLIPWAY_CO_CHECK(co_await transaction.execute(remove_chunks, std::move(by_document)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact_guarded(std::move(workspace), named_body));
    co_return begun;
}

Task<void> Knowledge::remove(WorkspaceId workspace, std::string id) {
    SLIPWAY_CO_TRY(const auto document, co_await get(workspace, id));
    SLIPWAY_CO_TRY(const auto guard, co_await hold_source(workspace, document.source));
    const auto holder = holds_.new_holder();
    auto taken = std::chrono::steady_clock::now();
    Patience others(kSourcePatience);
    while (true) {
        taken = std::chrono::steady_clock::now();
        SLIPWAY_CO_TRY(const bool begun, co_await begin_removal(workspace, id, holder));
        if (begun) break;
        SLIPWAY_CO_CHECK(co_await get(workspace, id));
        SLIPWAY_CO_CHECK(co_await others.wait());
    }
    tell_change(workspace, document, "removed");
    const auto executor = co_await asio::this_coro::executor;
    auto hold = holds_.begin(executor, workspace, id, holder, taken);
    // It is gone for everybody; what is left of it goes now, or later by recover().
    const auto forgotten = co_await forget(std::move(workspace), id, hold);
    if (!forgotten) leave_for_later(id, forgotten.error());
    co_return Result<void>();
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
