// Documents in: extract, chunk, keep, index, publish. The order of the steps is what makes a crash harmless (see
// tables.h).
#include <unordered_map>
#include <unordered_set>

#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "knowledge/claim.h"
#include "knowledge/prepared.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kSourceBytesMax = 512;
constexpr std::string_view kProcessing = "processing", kIndexed = "indexed", kFailed = "failed";

bool says_the_same(const Document& existing, const NewDocument& document) {
    if (existing.name_space != document.name_space || (!document.title.empty() && existing.title != document.title))
        return false;
    for (const auto& field : document.metadata) {
        if (field.key() == "title" || field.key() == "namespace") continue;  // these have columns
        const auto* present = existing.metadata.if_contains(field.key());
        const bool absent_as_asked = field.value().is_null() && present == nullptr;  // null removes a field
        if (!absent_as_asked && (present == nullptr || *present != field.value())) return false;
    }
    return true;
}

}  // namespace

Result<void> Knowledge::check_document(const NewDocument& document) const {
    if (trim(document.source).empty() || document.source.size() > kSourceBytesMax || !is_valid_utf8(document.source))
        return fail(ErrorCode::invalid, "A document needs a source name of at most {} bytes.", kSourceBytesMax);
    const auto& allowed = options_.namespaces;
    if (!allowed.empty() && std::ranges::find(allowed, document.name_space) == allowed.end())
        return fail(ErrorCode::invalid, "There is no namespace '{}'; choose one of: {}.", document.name_space,
                    join(allowed, ", "));
    if (document.bytes.size() > options_.document_bytes_max) {
        auto error = Error{ErrorCode::invalid,
                           fmt::format("{} has {} bytes; at most {} are accepted.", document.file_name,
                                       document.bytes.size(), options_.document_bytes_max),
                           {}};
        return std::unexpected(std::move(error).with("reason", "too_large"));
    }
    return {};
}

void Knowledge::tell_change(const WorkspaceId& workspace, const Document& document, std::string_view status,
                            std::string_view reason) const {
    if (changed_) changed_(workspace, document, status, reason);
}

Task<IngestReport> Knowledge::put(WorkspaceId workspace, NewDocument document) {
    if (document.name_space.empty()) document.name_space = options_.default_namespace;
    SLIPWAY_CO_CHECK(check_document(document));
    SLIPWAY_CO_TRY(const auto guard, co_await hold_source(workspace, document.source));
    co_return co_await put_measured(std::move(workspace), std::move(document), std::nullopt);
}

Task<IngestReport> Knowledge::put_measured(WorkspaceId workspace, NewDocument document,
                                           std::optional<std::int64_t> based_on) {
    const auto began = std::chrono::steady_clock::now();
    const auto bytes = document.bytes.size();
    auto report = co_await put_locked(std::move(workspace), std::move(document), based_on);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
    metrics::counter("slipway_ingested_documents_total", "Documents that were taken in, by how it went.",
                     {{"outcome", report ? std::string_view("ok") : to_string(report.error().code)}})
        .add();
    metrics::counter("slipway_ingested_bytes_total", "Bytes of the documents that were taken in or refused.")
        .add(bytes);
    metrics::histogram("slipway_ingest_duration_seconds", "Time from a document's bytes to its being searchable.")
        .observe(taken.count());
    co_return report;
}

// Waits until the document is ours. Nothing when it is known already as it is; `content_hash` is filled where it was
// needed to know that.
Task<std::optional<Knowledge::Claim>> Knowledge::enter(WorkspaceId workspace, const NewDocument& document,
                                                       std::optional<std::int64_t> based_on, std::string& content_hash,
                                                       IngestReport& unchanged) {
    const auto recipe = recipe_of(options_);
    Patience others(kSourcePatience);
    while (true) {
        SLIPWAY_CO_TRY(auto known, co_await find_known(workspace, document.source));
        if (based_on && (!known || known->document.version != *based_on))
            co_return fail(ErrorCode::conflict, "The document was changed at the same time; look at it and try again.");
        const bool visible = known && known->document.status == DocumentStatus::indexed;
        if (visible && content_hash.empty()) {
            auto hash_bytes = [&document]() -> Result<std::string> { return sha256_hex(document.bytes); };
            SLIPWAY_CO_TRY(content_hash, co_await pool_.run(std::move(hash_bytes)));
        }
        if (visible && known->document.content_hash == content_hash && known->document.recipe == recipe &&
            says_the_same(known->document, document)) {
            unchanged.chunks_kept = static_cast<std::size_t>(known->document.chunks);
            unchanged.document = std::move(known->document);
            co_return std::nullopt;
        }
        auto claimed = co_await claim_row(workspace, document, std::move(known));
        if (!claimed || *claimed) co_return claimed;
        SLIPWAY_CO_CHECK(co_await others.wait());
    }
}

Task<IngestReport> Knowledge::put_locked(WorkspaceId workspace, NewDocument document,
                                         std::optional<std::int64_t> based_on) {
    std::string content_hash;
    IngestReport unchanged;
    SLIPWAY_CO_TRY(auto claim, co_await enter(workspace, document, based_on, content_hash, unchanged));
    if (!claim) co_return unchanged;
    tell_change(workspace, claim->row, kProcessing);
    auto prepare = [&]() {
        if (content_hash.empty()) content_hash = sha256_hex(document.bytes);  // one change of threads for both
        return prepare_document(document, options_);
    };
    auto prepared = co_await readers_.run(std::move(prepare));
    if (!prepared) {
        SLIPWAY_CO_CHECK(co_await give_up(workspace, document, *claim, prepared.error()));
        tell_change(workspace, claim->row, kFailed, prepared.error().message);
        co_return pass(prepared);
    }
    prepared->content_hash = std::move(content_hash);
    prepared->recipe = recipe_of(options_);
    auto report = co_await index_document(workspace, document, *claim, *std::move(prepared));
    if (report) tell_change(workspace, report->document, kIndexed);
    if (!report && report.error().code != ErrorCode::conflict)
        tell_change(workspace, claim->row, kFailed, report.error().message);
    // That another server has the document now says nothing about it.
    if (!report && document.keep_failure && report.error().code != ErrorCode::conflict)
        SLIPWAY_CO_CHECK(co_await record_failure(workspace, document, report.error()));
    co_return report;
}

Task<IngestReport> Knowledge::index_document(WorkspaceId workspace, const NewDocument& document, Claim& claim,
                                             Prepared prepared) {
    auto& row = claim.row;
    const bool was_visible = row.version > 0;
    const auto old_object = row.object_key;
    describe_document(row, document, prepared);
    row.object_key =
        fmt::format("{}{}-{}", object_prefix(row.id), row.content_hash.substr(0, 16), file_part(document.file_name));
    name_chunks(prepared, row);

    std::optional<Result<store::ObjectInfo>> stored;
    std::optional<Result<std::size_t>> indexed;
    auto put = store_in(stored, objects_.put(workspace, row.object_key, document.bytes, row.media_type));
    auto index = store_in(indexed, index_passages(workspace, row, prepared, claim.exists, claim.hold));
    co_await both(std::move(put), std::move(index));
    if (!*stored) co_return co_await abandon(workspace, row.id, claim.hold, std::move(*stored).error());
    if (!*indexed) co_return co_await abandon(workspace, row.id, claim.hold, std::move(*indexed).error());
    ++row.version;
    row.status = DocumentStatus::indexed;
    row.reason.clear();
    row.chunks = static_cast<std::int64_t>(prepared.chunks.size());
    row.updated_at = now();
    const bool leaves_old = was_visible || claim.dirty > 0 || (!old_object.empty() && old_object != row.object_key);
    auto published = co_await publish(workspace, row, prepared, leaves_old, claim.hold);
    if (!published) co_return co_await abandon(workspace, row.id, claim.hold, std::move(published).error());
    if (leaves_old) {
        // The new version is visible and durable, so this is no failure of the caller's.
        const auto cleaned = co_await clean(workspace, row.id, claim.hold);
        if (!cleaned) leave_for_later(row.id, cleaned.error());
    }

    IngestReport report;
    report.what = was_visible ? Ingested::updated : Ingested::added;
    report.chunks_indexed = **indexed;
    report.chunks_kept = prepared.chunks.size() - **indexed;
    report.document = std::move(row);
    co_return report;
}

// The passages that the visible version has not, with their vectors; how many there were.
Task<std::size_t> Knowledge::index_passages(WorkspaceId workspace, const Document& row, Prepared& prepared, bool exists,
                                            const Hold& hold) {
    if (exists) SLIPWAY_CO_CHECK(co_await find_visible(workspace, row.id, prepared));
    if (vectors_usable_) SLIPWAY_CO_CHECK(co_await fill_vectors(prepared));
    auto passages = fresh_passages(prepared, row);
    const auto count = passages.size();
    SLIPWAY_CO_CHECK(co_await add_passages(std::move(workspace), std::move(passages), hold));
    co_return count;
}

Task<void> Knowledge::add_passages(WorkspaceId workspace, std::vector<store::Passage> passages, const Hold& hold) {
    for (std::size_t first = 0; first < passages.size(); first += kChunksAtOnce) {
        const auto end =
            passages.begin() + static_cast<std::ptrdiff_t>(std::min(first + kChunksAtOnce, passages.size()));
        std::vector<store::Passage> part(std::make_move_iterator(passages.begin() + static_cast<std::ptrdiff_t>(first)),
                                         std::make_move_iterator(end));
        SLIPWAY_CO_CHECK(co_await hold.confirm());
        SLIPWAY_CO_CHECK(co_await index_.upsert(workspace, options_.collection, std::move(part)));
    }
    co_return Result<void>();
}

// Takes back what an attempt left; the error that ended it is what the caller learns.
Task<IngestReport> Knowledge::abandon(WorkspaceId workspace, std::string document_id, Hold& hold, Error error) {
    auto cleaned = co_await clean(workspace, document_id, hold);
    if (!cleaned && cleaned.error().code == ErrorCode::conflict)
        cleaned = co_await take_back(std::move(workspace), document_id);
    if (!cleaned) leave_for_later(document_id, cleaned.error());
    co_return std::unexpected(std::move(error));
}

// Of a document that is somebody else's by now. Who has it looks through the index itself, or did so before we wrote.
Task<void> Knowledge::take_back(WorkspaceId workspace, std::string document_id) {
    store::Parameters by_id{document_id};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.write_guarded(workspace,
                                                                     "update documents set dirty = 2 where workspace = "
                                                                     "$workspace and id = $1",
                                                                     std::move(by_id)));
    if (rows.changed() > 0) co_return Result<void>();
    // Its row is gone, and ids are never used again.
    const auto of_document = store::Filter::equal("document_id", json::string(document_id));
    SLIPWAY_CO_CHECK(co_await index_.erase_where(workspace, options_.collection, of_document));
    SLIPWAY_CO_CHECK(co_await erase_originals(std::move(workspace), std::move(document_id), "", nullptr));
    co_return Result<void>();
}

// The passages of the visible version, with the vectors of their texts.
Task<void> Knowledge::find_visible(WorkspaceId workspace, const std::string& document_id, Prepared& prepared) {
    const auto sql = fmt::format(
        "select chunk_id, text_hash, vector from document_chunks where {} and ordinal >= $2 and ordinal < $3",
        kOfDocument);
    for (std::size_t first = 0, count = kChunksAtOnce; count == kChunksAtOnce; first += count) {
        store::Parameters part{document_id, first, first + kChunksAtOnce};
        SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, sql, std::move(part)));
        count = rows.size();
        for (const auto row : rows) {
            prepared.known.insert(row.text("chunk_id"));
            if (!row.value("vector").is_null()) prepared.vectors[row.text("text_hash")] = row.bytes("vector");
        }
    }
    co_return Result<void>();
}

// Takes vectors of unchanged texts from the visible version and asks the model for the rest.
Task<void> Knowledge::fill_vectors(Prepared& prepared) {
    std::vector<std::string> texts;
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < prepared.chunks.size(); ++i) {
        auto& chunk = prepared.chunks[i];
        const auto known = prepared.vectors.find(chunk.text_hash);
        if (known != prepared.vectors.end() && known->second.size() == embedding_->dimension() * sizeof(float)) {
            chunk.vector = vector_of(known->second);
        } else {
            texts.push_back(embedding_text(prepared.title, chunk));
            missing.push_back(i);
        }
    }
    if (texts.empty()) co_return Result<void>();
    SLIPWAY_CO_TRY(auto embedded, co_await embedding_->embed(std::move(texts)));
    for (std::size_t i = 0; i < missing.size(); ++i) prepared.chunks[missing[i]].vector = std::move(embedded[i]);
    co_return Result<void>();
}

// The one transaction that makes the new version visible and the old one invisible. `conflict` when the document is not
// ours any more.
Task<void> Knowledge::publish(WorkspaceId workspace, const Document& row, const Prepared& prepared, bool leaves_old,
                              Hold& hold) {
    const std::string_view release = leaves_old ? "" : ", holder = '', held_until = 0";
    const auto show = fmt::format(
        "update documents set namespace = $2, title = $3, media_type = $4, file_name = $5, size = $6, "
        "content_hash = $7, object_key = $8, metadata = $9, status = 'indexed', reason = '', version = $10, "
        "chunks = $11, recipe = $12, dirty = case when dirty = 2 then 1 else $13 end, updated_at = $14{} "
        "where workspace = $workspace and id = $1 and holder = $15",
        release);
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters values{row.id,     row.name_space,   row.title,      row.media_type,           row.file_name,
                                 row.size,   row.content_hash, row.object_key, write_json(row.metadata), row.version,
                                 row.chunks, prepared.recipe,  leaves_old,     row.updated_at,           hold.holder()};
        SLIPWAY_CO_TRY(const auto mine, co_await transaction.execute(show, std::move(values)));
        if (mine.changed() == 0) co_return lost_hold();
        store::Parameters by_id{row.id};
        const auto remove_old = fmt::format("delete from document_chunks where {}", kOfDocument);
        SLIPWAY_CO_CHECK(co_await transaction.execute(remove_old, std::move(by_id)));
        store::Parameters text{row.id, prepared.content};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into document_texts(document_id, workspace, content) values ($1, $workspace, $2) "
            "on conflict (document_id) do update set content = excluded.content",
            std::move(text)));
        std::int64_t ordinal = 0;
        for (const auto& chunk : prepared.chunks) {
            store::Parameters part{row.id,
                                   ordinal++,
                                   chunk.id,
                                   chunk.text_hash,
                                   chunk.text,
                                   headings_json(chunk.place),
                                   chunk.place.page,
                                   chunk.place.seconds,
                                   chunk.vector ? store::Value(bytes_of(*chunk.vector)) : store::Value()};
            SLIPWAY_CO_CHECK(
                co_await transaction.execute("insert into document_chunks(workspace, document_id, ordinal, chunk_id, "
                                             "text_hash, text, headings, page, seconds, vector) "
                                             "values ($workspace, $1, $2, $3, $4, $5, $6, $7, $8, $9)",
                                             std::move(part)));
        }
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact_guarded(workspace, named_body));
    if (!leaves_old) hold.released();
    co_return Result<void>();
}

}  // namespace slipway::knowledge
