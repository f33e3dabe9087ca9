// Who works on a document: taking its row, giving it back, and what is recorded of one that could not be read.
#include "knowledge/claim.h"

#include "base/crypto.h"
#include "knowledge/prepared.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr Milliseconds kPause{50};

// Those of this process that want the next number wait for each other here, not for a row of the database, each with a
// connection of its own, until the server's patience ends.
Task<KeyedLock::Guard> wait_for_number(KeyedLock& locks, WorkspaceId workspace, Milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (true) {
        auto guard = co_await locks.acquire("\nnumber\n" + workspace.value, patience);
        if (guard || std::chrono::steady_clock::now() > end || co_await cancelled()) co_return guard;
        co_await sleep_for(kPause);  // the line is full
    }
}

}  // namespace

Task<KeyedLock::Guard> Knowledge::hold_source(WorkspaceId workspace, std::string source, Milliseconds patience) {
    co_return co_await sources_.acquire(workspace.value + "\n" + source, patience);
}

Task<Knowledge::Held> Knowledge::hold_document(WorkspaceId workspace, std::string id, Milliseconds patience) {
    SLIPWAY_CO_TRY(const auto named, co_await get(workspace, id));
    SLIPWAY_CO_TRY(auto guard, co_await hold_source(workspace, named.source, patience));
    const auto holder = holds_.new_holder();
    auto taken = std::chrono::steady_clock::now();
    Patience others(patience);
    while (shared()) {
        const auto sql = fmt::format(
            "update documents set holder = $2, held_until = {} where workspace = $workspace and id = $1 and "
            "status <> 'removing' and {}",
            holds_.until(), holds_.is_free());
        taken = std::chrono::steady_clock::now();
        store::Parameters mine{id, holder};
        SLIPWAY_CO_TRY(const auto rows, co_await database_.write_guarded(workspace, sql, std::move(mine)));
        if (rows.changed() > 0) break;
        SLIPWAY_CO_CHECK(co_await get(workspace, id));
        SLIPWAY_CO_CHECK(co_await others.wait());
    }
    const auto executor = co_await asio::this_coro::executor;
    auto hold = holds_.begin(executor, workspace, id, holder, taken);
    SLIPWAY_CO_TRY(auto document, co_await get(std::move(workspace), std::move(id)));
    Held held{std::move(guard), std::move(hold), std::move(document)};
    co_return std::move(held);
}

Task<std::optional<Knowledge::Known>> Knowledge::find_known(WorkspaceId workspace, std::string source) {
    const auto sql = fmt::format(
        "select {}, d.dirty from documents d where d.workspace = $workspace and d.source = $1 and "
        "d.status <> 'removing'",
        kDocumentColumns);
    store::Parameters by_source{std::move(source)};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(std::move(workspace), sql, std::move(by_source)));
    std::optional<Known> known;
    if (!rows.empty()) known = Known{document_of(rows.front()), rows.front().integer("dirty")};
    co_return known;
}

// Announces that a version is being made, before anything else is written. Nothing when somebody else has the document,
// or changed it since it was read.
Task<std::optional<Knowledge::Claim>> Knowledge::claim_row(WorkspaceId workspace, const NewDocument& document,
                                                           std::optional<Known> known) {
    const auto holder = holds_.new_holder();
    const auto taken = std::chrono::steady_clock::now();
    const bool exists = known.has_value();
    const auto dirty = exists ? known->dirty : 0;
    Document row;
    bool claimed = false;
    if (exists) {
        SLIPWAY_CO_TRY(claimed, co_await mark_row(workspace, *known, holder));
        row = std::move(known->document);
    } else {
        SLIPWAY_CO_TRY(claimed, co_await insert_row(workspace, document, row, holder));
    }
    std::optional<Claim> claim;
    const auto executor = co_await asio::this_coro::executor;
    if (!claimed) co_return claim;
    auto hold = holds_.begin(executor, std::move(workspace), row.id, holder, taken);
    claim.emplace(std::move(row), exists, dirty, std::move(hold));
    co_return claim;
}

Task<bool> Knowledge::mark_row(WorkspaceId workspace, const Known& known, std::string holder) {
    const auto sql = fmt::format(
        "update documents set dirty = 1, status = 'processing', updated_at = $2, holder = $3, held_until = {} "
        "where workspace = $workspace and id = $1 and version = $4 and dirty = $5 and status <> 'removing' and {}",
        holds_.until(), holds_.is_free());
    store::Parameters values{known.document.id, now(), std::move(holder), known.document.version, known.dirty};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.write_guarded(std::move(workspace), sql, std::move(values)));
    co_return rows.changed() > 0;
}

Task<bool> Knowledge::insert_row(WorkspaceId workspace, const NewDocument& document, Document& row,
                                 std::string holder) {
    row.id = new_id();
    row.source = document.source;
    row.name_space = document.name_space;
    row.title = document.title.empty() ? file_part(document.file_name) : document.title;
    row.file_name = document.file_name;
    row.size = document.bytes.size();
    row.metadata = document.metadata;
    row.uploaded_by = document.uploaded_by;
    row.created_at = now();
    bool inserted = false;
    const auto sql = fmt::format(
        "insert into documents(id, workspace, number, source, namespace, title, media_type, file_name, size, "
        "content_hash, object_key, metadata, status, uploaded_by, dirty, created_at, updated_at, holder, held_until) "
        "values ($1, $workspace, $2, $3, $4, $5, '', $6, $7, '', '', $8, 'processing', $9, 1, $10, $10, $11, {}) "
        "on conflict (workspace, source) do nothing",
        holds_.until());
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(row.number, co_await store::next_number(transaction, "document"));
        store::Parameters values{row.id,          row.number,     row.source, row.name_space,
                                 row.title,       row.file_name,  row.size,   write_json(row.metadata),
                                 row.uploaded_by, row.created_at, holder};
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(sql, std::move(values)));
        inserted = rows.changed() > 0;
        // Ends the transaction, so that no number is lost.
        if (!inserted) co_return fail(ErrorCode::conflict, "There is a document of this source now.");
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    std::optional<KeyedLock::Guard> turn;
    if (shared()) {
        SLIPWAY_CO_TRY(auto waited_for, co_await wait_for_number(sources_, workspace, kSourcePatience));
        turn.emplace(std::move(waited_for));
    }
    auto done = co_await database_.transact_guarded(std::move(workspace), named_body);
    turn.reset();
    if (!done && (inserted || done.error().code != ErrorCode::conflict)) co_return pass(done);
    co_return done.has_value();
}

// Nothing was written but the row, and the document could not be read.
Task<void> Knowledge::give_up(WorkspaceId workspace, const NewDocument& document, Claim& claim, const Error& error) {
    if (!claim.exists && !document.keep_failure) {
        store::Parameters mine{claim.row.id, claim.hold.holder()};
        SLIPWAY_CO_CHECK(co_await database_.write_guarded(
            std::move(workspace), "delete from documents where workspace = $workspace and id = $1 and holder = $2",
            std::move(mine)));
        claim.hold.released();
        co_return Result<void>();
    }
    const auto status = document.keep_failure ? DocumentStatus::failed : claim.row.status;
    const auto& reason = document.keep_failure ? error.message : claim.row.reason;
    store::Parameters values{claim.row.id, claim.hold.holder(), to_string(status), reason, claim.dirty, now()};
    SLIPWAY_CO_CHECK(co_await database_.write_guarded(
        std::move(workspace),
        "update documents set status = $3, reason = $4, dirty = case when dirty = 2 then 2 else $5 end, "
        "updated_at = $6, holder = '', held_until = 0 where workspace = $workspace and id = $1 and holder = $2",
        std::move(values)));
    claim.hold.released();
    co_return Result<void>();
}

Task<void> Knowledge::record_failure(WorkspaceId workspace, const NewDocument& document, const Error& error) {
    const auto mark = fmt::format(
        "update documents set status = 'failed', reason = $2, updated_at = $3 "
        "where workspace = $workspace and source = $1 and {}",
        holds_.is_free());
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters by_source{document.source, error.message, now()};
        SLIPWAY_CO_TRY(const auto changed, co_await transaction.execute(mark, std::move(by_source)));
        if (changed.changed() > 0) co_return Result<void>();
        store::Parameters source{document.source};
        SLIPWAY_CO_TRY(const auto known,
                       co_await transaction.execute(
                           "select id from documents where workspace = $workspace and source = $1", std::move(source)));
        if (!known.empty()) co_return Result<void>();  // another process reads it just now
        SLIPWAY_CO_TRY(const auto number, co_await store::next_number(transaction, "document"));
        store::Parameters values{new_id(),
                                 number,
                                 document.source,
                                 document.name_space,
                                 document.title.empty() ? file_part(document.file_name) : document.title,
                                 document.file_name,
                                 document.bytes.size(),
                                 error.message,
                                 document.uploaded_by,
                                 now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into documents(id, workspace, number, source, namespace, title, media_type, file_name, size, "
            "content_hash, object_key, "
            "metadata, status, reason, uploaded_by, created_at, updated_at) "
            "values ($1, $workspace, $2, $3, $4, $5, '', $6, $7, '', '', '{}', 'failed', $8, $9, $10, $10) "
            "on conflict (workspace, source) do nothing",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact_guarded(workspace, named_body);
}

}  // namespace slipway::knowledge
