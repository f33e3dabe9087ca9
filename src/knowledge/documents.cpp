// Reading, editing and counting documents.
#include "knowledge/prepared.h"
#include "knowledge/reading.h"
#include "knowledge/tables.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kChangesMax = 5;  // tries of a change, where other processes change the document, too

std::unexpected<Error> no_document(std::string_view id) {
    return fail(ErrorCode::not_found, "There is no document {}.", id);
}

}  // namespace

Knowledge::Knowledge(store::Database& database, store::Index& index, store::Objects& objects, WorkerPool& pool,
                     WorkerPool& readers, std::shared_ptr<model::EmbeddingModel> embedding,
                     std::shared_ptr<const Synonyms> synonyms, KnowledgeOptions options)
    : database_(database),
      index_(index),
      objects_(objects),
      pool_(pool),
      readers_(readers),
      embedding_(std::move(embedding)),
      synonyms_(std::move(synonyms)),
      options_(std::move(options)),
      readings_(std::make_shared<Readings>()),
      holds_(database_, options_.holds) {}

Task<std::optional<Document>> Knowledge::find_source(WorkspaceId workspace, std::string source) {
    note_use();
    const auto sql = fmt::format(
        "select {} from documents d where d.workspace = $workspace and d.source = $1 and d.status <> 'removing'",
        kDocumentColumns);
    store::Parameters by_source{std::move(source)};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(std::move(workspace), sql, std::move(by_source)));
    if (rows.empty()) co_return std::optional<Document>();
    co_return std::optional<Document>(document_of(rows.front()));
}

Task<Document> Knowledge::get(WorkspaceId workspace, std::string id) {
    note_use();
    const auto sql = fmt::format(
        "select {} from documents d where d.workspace = $workspace and d.id = $1 and d.status <> 'removing'",
        kDocumentColumns);
    store::Parameters by_id{id};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(std::move(workspace), sql, std::move(by_id)));
    if (rows.empty()) co_return no_document(id);
    co_return document_of(rows.front());
}

Task<Document> Knowledge::get_by_number(WorkspaceId workspace, std::int64_t number) {
    note_use();
    const auto sql = fmt::format(
        "select {} from documents d where d.workspace = $workspace and d.number = $1 and d.status <> 'removing'",
        kDocumentColumns);
    store::Parameters by_number{number};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(std::move(workspace), sql, std::move(by_number)));
    if (rows.empty()) co_return no_document(std::to_string(number));
    co_return document_of(rows.front());
}

Task<std::string> Knowledge::content(WorkspaceId workspace, std::string id) {
    store::Parameters by_id{id};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(
            std::move(workspace),
            "select t.content from documents d left join document_texts t on t.document_id = d.id and "
            "t.workspace = $workspace where d.workspace = $workspace and d.id = $1 and d.status <> 'removing'",
            std::move(by_id)));
    if (rows.empty()) co_return no_document(id);
    co_return rows.front().text("content");
}

Task<store::Object> Knowledge::original(WorkspaceId workspace, Document document,
                                        std::optional<store::ByteRange> range) {
    if (document.object_key.empty())
        co_return fail(ErrorCode::not_found, "The original of document {} was not kept: {}", document.id,
                       document.reason);
    SLIPWAY_CO_TRY(auto object, co_await objects_.get(std::move(workspace), document.object_key, range));
    object.info.content_type = document.media_type;
    co_return object;
}

Task<DocumentPage> Knowledge::list(WorkspaceId workspace, std::optional<std::string> name_space, std::size_t offset,
                                   std::size_t limit) {
    note_use();
    const auto where = std::string(
        "from documents d where d.workspace = $workspace and d.status <> 'removing' and ($1 = '' or d.namespace = $1)");
    store::Parameters filter{name_space.value_or("")};
    auto count_filter = filter;
    SLIPWAY_CO_TRY(const auto counted,
                   co_await database_.read(workspace, "select count(*) as total " + where, std::move(count_filter)));
    filter.emplace_back(std::min(limit, kPageMax));
    filter.emplace_back(offset);
    const auto sql = fmt::format("select {} {} order by d.number desc limit $2 offset $3", kDocumentColumns, where);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, sql, std::move(filter)));
    DocumentPage page;
    page.total = counted.front().integer("total");
    for (const auto row : rows) page.documents.push_back(document_of(row));
    co_return page;
}

Task<std::vector<NamespaceCount>> Knowledge::namespaces(WorkspaceId workspace) {
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(
                       std::move(workspace),
                       "select namespace, count(*) as documents from documents "
                       "where workspace = $workspace and status <> 'removing' group by namespace order by namespace"));
    std::vector<NamespaceCount> counts;
    for (const auto row : rows) counts.push_back({row.text("namespace"), row.integer("documents")});
    co_return counts;
}

Task<NewDocument> Knowledge::changed_document(WorkspaceId workspace, const Document& present, DocumentChange change) {
    NewDocument document;
    document.source = present.source;
    document.name_space = change.name_space.value_or(present.name_space);
    document.title = change.title.value_or(present.title);
    document.metadata = present.metadata;
    if (change.metadata)
        for (const auto& field : *change.metadata) document.metadata[field.key()] = field.value();
    document.file_name = present.file_name;
    if (change.content) {
        document.bytes = *std::move(change.content);
        const auto dot = document.file_name.rfind('.');
        document.file_name = document.file_name.substr(0, dot) + ".md";
    } else {
        SLIPWAY_CO_TRY(auto object, co_await objects_.get(std::move(workspace), present.object_key));
        document.bytes = std::move(object.data);
    }
    SLIPWAY_CO_CHECK(check_document(document));
    co_return document;
}

Task<IngestReport> Knowledge::change(WorkspaceId workspace, std::string id, DocumentChange change) {
    SLIPWAY_CO_TRY(const auto named, co_await get(workspace, id));
    SLIPWAY_CO_TRY(const auto guard, co_await hold_source(workspace, named.source));
    for (std::size_t attempt = 1;; ++attempt) {
        SLIPWAY_CO_TRY(const auto present, co_await get(workspace, id));
        auto document = co_await changed_document(workspace, present, change);
        Result<IngestReport> report;
        if (document)
            report = co_await put_measured(workspace, *std::move(document), present.version);
        else
            report = pass(document);
        if (report || attempt == kChangesMax) co_return report;
        // An original that is gone, or another version: a process beside this one changed the document meanwhile.
        SLIPWAY_CO_TRY(const auto after, co_await get(workspace, id));
        if (after.version == present.version) co_return report;
    }
}

Task<KnowledgeStatus> Knowledge::status(WorkspaceId workspace) {
    note_use();
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(workspace,
                                           "select status, count(*) as documents, sum(chunks) as chunks from documents "
                                           "where workspace = $workspace and status <> 'removing' group by status"));
    KnowledgeStatus status;
    for (const auto row : rows) {
        const auto name = row.text("status");
        const auto count = row.integer("documents");
        status.documents += count;
        status.chunks += row.integer("chunks");
        if (name == "indexed") status.indexed = count;
        if (name == "failed") status.failed = count;
        if (name == "pending" || name == "processing") status.pending += count;
    }
    SLIPWAY_CO_TRY(status.passages, co_await index_.count(workspace, options_.collection, store::Filter()));
    status.embedding_model = embedding_ ? embedding_->name() : "";
    const auto note = note_.load();
    status.reindex_needed = note != nullptr;
    status.note = note ? *note : "";
    co_return status;
}

}  // namespace slipway::knowledge
