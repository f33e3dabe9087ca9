// Documents in: extract, chunk, keep, index, publish. The order of the steps is what makes a crash harmless (see
// tables.h).
#include <unordered_map>
#include <unordered_set>

#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "knowledge/prepared.h"
#include "knowledge/service.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kSourceBytesMax = 512;

std::string file_part(std::string_view name) {
    const auto slash = name.find_last_of("/\\");
    std::string part(slash == std::string_view::npos ? name : name.substr(slash + 1));
    for (char& c : part)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
    if (part.empty() || part == "." || part == "..") part = "document";
    return std::string(cut_utf8(part, 200));
}

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

Task<KeyedLock::Guard> Knowledge::hold_source(WorkspaceId workspace, std::string source, Milliseconds patience) {
    co_return co_await sources_.acquire(workspace.value + "\n" + source, patience);
}

Task<Knowledge::Held> Knowledge::hold_document(WorkspaceId workspace, std::string id) {
    SLIPWAY_CO_TRY(const auto named, co_await get(workspace, id));
    SLIPWAY_CO_TRY(auto guard, co_await hold_source(workspace, named.source));
    SLIPWAY_CO_TRY(auto document, co_await get(std::move(workspace), std::move(id)));
    Held held{std::move(guard), std::move(document)};
    co_return std::move(held);
}

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

Task<IngestReport> Knowledge::put(WorkspaceId workspace, NewDocument document) {
    if (document.name_space.empty()) document.name_space = options_.default_namespace;
    SLIPWAY_CO_CHECK(check_document(document));
    SLIPWAY_CO_TRY(const auto guard, co_await hold_source(workspace, document.source));
    co_return co_await put_measured(std::move(workspace), std::move(document));
}

Task<IngestReport> Knowledge::put_measured(WorkspaceId workspace, NewDocument document) {
    const auto began = std::chrono::steady_clock::now();
    const auto bytes = document.bytes.size();
    auto report = co_await put_locked(std::move(workspace), std::move(document));
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

Task<IngestReport> Knowledge::put_locked(WorkspaceId workspace, NewDocument document) {
    SLIPWAY_CO_TRY(auto existing, co_await find_source(workspace, document.source));
    const auto recipe = recipe_of(options_);
    const bool visible = existing && existing->status == DocumentStatus::indexed;
    std::string content_hash;
    if (visible) {
        auto hash_bytes = [&document]() -> Result<std::string> { return sha256_hex(document.bytes); };
        SLIPWAY_CO_TRY(content_hash, co_await pool_.run(std::move(hash_bytes)));
    }
    if (visible && existing->content_hash == content_hash && existing->recipe == recipe &&
        says_the_same(*existing, document)) {
        IngestReport report;
        report.chunks_kept = static_cast<std::size_t>(existing->chunks);
        report.document = *std::move(existing);
        co_return report;
    }
    auto prepare = [&]() {
        if (!visible) content_hash = sha256_hex(document.bytes);  // one change of threads for both
        return prepare_document(document, options_);
    };
    auto prepared = co_await readers_.run(std::move(prepare));
    if (!prepared) {
        if (document.keep_failure) SLIPWAY_CO_CHECK(co_await record_failure(workspace, document, prepared.error()));
        co_return pass(prepared);
    }
    prepared->content_hash = std::move(content_hash);
    prepared->recipe = recipe;
    auto report = co_await index_document(workspace, document, existing, *std::move(prepared));
    if (!report && document.keep_failure)
        SLIPWAY_CO_CHECK(co_await record_failure(workspace, document, report.error()));
    co_return report;
}

Task<IngestReport> Knowledge::index_document(WorkspaceId workspace, const NewDocument& document,
                                             std::optional<Document> existing, Prepared prepared) {
    const bool exists = existing.has_value();
    const bool was_visible = exists && existing->version > 0;
    const auto old_object = exists ? existing->object_key : std::string();
    Document row = exists ? *std::move(existing) : Document();
    if (!exists) {
        row.id = new_id();
        row.created_at = now();
    }
    describe_document(row, document, prepared);
    row.object_key =
        fmt::format("{}{}-{}", object_prefix(row.id), row.content_hash.substr(0, 16), file_part(document.file_name));
    name_chunks(prepared, row);

    const auto generation = generation_.load();
    // Before anything else is written: whatever is left of this attempt will be found through the dirty row.
    SLIPWAY_CO_CHECK(co_await announce(workspace, row, exists));
    std::optional<Result<store::ObjectInfo>> stored;
    std::optional<Result<std::size_t>> indexed;
    auto put = store_in(stored, objects_.put(workspace, row.object_key, document.bytes, row.media_type));
    auto index = store_in(indexed, index_passages(workspace, row, prepared, exists));
    co_await both(std::move(put), std::move(index));
    if (!*stored) co_return co_await abandon(workspace, row.id, std::move(*stored).error());
    if (!*indexed) co_return co_await abandon(workspace, row.id, std::move(*indexed).error());
    ++row.version;
    row.status = DocumentStatus::indexed;
    row.reason.clear();
    row.chunks = static_cast<std::int64_t>(prepared.chunks.size());
    row.updated_at = now();
    const bool leaves_old = was_visible || (!old_object.empty() && old_object != row.object_key);
    auto published = co_await publish(workspace, row, prepared, leaves_old);
    if (!published) co_return co_await abandon(workspace, row.id, std::move(published).error());
    if (generation != generation_) SLIPWAY_CO_CHECK(co_await reindex_whole(workspace, row, false));
    if (leaves_old) {
        // The new version is visible and durable, so this is no failure of the caller's.
        const auto cleaned = co_await clean(workspace, row.id);
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
Task<std::size_t> Knowledge::index_passages(WorkspaceId workspace, const Document& row, Prepared& prepared,
                                            bool exists) {
    if (exists) SLIPWAY_CO_CHECK(co_await find_known(workspace, row.id, prepared));
    if (vectors_usable_) SLIPWAY_CO_CHECK(co_await fill_vectors(prepared));
    auto passages = fresh_passages(prepared, row);
    const auto count = passages.size();
    SLIPWAY_CO_CHECK(co_await add_passages(std::move(workspace), std::move(passages)));
    co_return count;
}

Task<void> Knowledge::add_passages(WorkspaceId workspace, std::vector<store::Passage> passages) {
    for (std::size_t first = 0; first < passages.size(); first += kChunksAtOnce) {
        const auto end =
            passages.begin() + static_cast<std::ptrdiff_t>(std::min(first + kChunksAtOnce, passages.size()));
        std::vector<store::Passage> part(std::make_move_iterator(passages.begin() + static_cast<std::ptrdiff_t>(first)),
                                         std::make_move_iterator(end));
        SLIPWAY_CO_CHECK(co_await index_.upsert(workspace, options_.collection, std::move(part)));
    }
    co_return Result<void>();
}

// Takes back what an attempt left; the error that ended it is what the caller learns.
Task<IngestReport> Knowledge::abandon(WorkspaceId workspace, std::string document_id, Error error) {
    auto cleaned = co_await clean(std::move(workspace), document_id);
    if (!cleaned) leave_for_later(document_id, cleaned.error());
    co_return std::unexpected(std::move(error));
}

// Writes the row of a new document, or marks the row of a known one, before the index learns of it.
Task<void> Knowledge::announce(WorkspaceId workspace, Document& row, bool exists) {
    auto body = [&row, exists](store::Transaction& transaction) -> Task<void> {
        if (exists) {
            store::Parameters values{row.id, now()};
            SLIPWAY_CO_CHECK(
                co_await transaction.execute("update documents set dirty = 1, status = 'processing', updated_at = $2 "
                                             "where workspace = $workspace and id = $1",
                                             std::move(values)));
            co_return Result<void>();
        }
        SLIPWAY_CO_TRY(row.number, co_await store::next_number(transaction, "document"));
        store::Parameters values{row.id,
                                 row.number,
                                 row.source,
                                 row.name_space,
                                 row.title,
                                 row.media_type,
                                 row.file_name,
                                 row.size,
                                 row.content_hash,
                                 row.object_key,
                                 write_json(row.metadata),
                                 row.uploaded_by,
                                 row.created_at};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into documents(id, workspace, number, source, namespace, title, media_type, file_name, size, "
            "content_hash, object_key, "
            "metadata, status, uploaded_by, dirty, created_at, updated_at) "
            "values ($1, $workspace, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'processing', $12, 1, $13, $13)",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(workspace, named_body);
}

// The passages of the visible version, with the vectors of their texts.
Task<void> Knowledge::find_known(WorkspaceId workspace, const std::string& document_id, Prepared& prepared) {
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

// The one transaction that makes the new version visible and the old one invisible.
Task<void> Knowledge::publish(WorkspaceId workspace, const Document& row, const Prepared& prepared, bool leaves_old) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
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
            store::Parameters values{row.id,
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
                                             std::move(values)));
        }
        store::Parameters values{row.id,           row.name_space, row.title,
                                 row.media_type,   row.file_name,  row.size,
                                 row.content_hash, row.object_key, write_json(row.metadata),
                                 row.version,      row.chunks,     prepared.recipe,
                                 leaves_old,       row.updated_at};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("update documents set namespace = $2, title = $3, media_type = $4, file_name "
                                         "= $5, size = $6, content_hash = $7, object_key = $8, "
                                         "metadata = $9, status = 'indexed', reason = '', version = $10, chunks = $11, "
                                         "recipe = $12, dirty = $13, "
                                         "updated_at = $14 where workspace = $workspace and id = $1",
                                         std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(workspace, named_body);
}

Task<void> Knowledge::record_failure(WorkspaceId workspace, const NewDocument& document, const Error& error) {
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters by_source{document.source, error.message, now()};
        SLIPWAY_CO_TRY(const auto changed, co_await transaction.execute(
                                               "update documents set status = 'failed', reason = $2, updated_at = $3 "
                                               "where workspace = $workspace and source = $1",
                                               std::move(by_source)));
        if (changed.changed() > 0) co_return Result<void>();
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
            "values ($1, $workspace, $2, $3, $4, $5, '', $6, $7, '', '', '{}', 'failed', $8, $9, $10, $10)",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(workspace, named_body);
}

}  // namespace slipway::knowledge
