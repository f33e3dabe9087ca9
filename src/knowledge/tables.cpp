#include "knowledge/tables.h"

#include <array>
#include <cstring>

namespace slipway::knowledge {
namespace {

constexpr std::array<store::Migration, 4> kMigrations{{
    {"knowledge", 1, R"sql(
create table documents (
    id text primary key,
    workspace text not null,
    number bigint not null,
    source text not null,
    namespace text not null,
    title text not null,
    media_type text not null,
    file_name text not null,
    size bigint not null,
    content_hash text not null,
    object_key text not null,
    metadata text not null,
    status text not null,
    reason text not null default '',
    version bigint not null default 0,
    chunks bigint not null default 0,
    content text not null default '',
    recipe text not null default '',
    uploaded_by text not null default '',
    dirty integer not null default 0,
    created_at bigint not null,
    updated_at bigint not null,
    unique (workspace, source),
    unique (workspace, number)
);
create index documents_namespace on documents(workspace, namespace, number);
create index documents_dirty on documents(dirty);
create table document_chunks (
    workspace text not null,
    document_id text not null references documents(id) on delete cascade,
    ordinal bigint not null,
    chunk_id text not null,
    text_hash text not null,
    text text not null,
    headings text not null,
    page bigint,
    seconds bigint,
    vector {bytes},
    primary key (document_id, ordinal)
);
create index document_chunks_id on document_chunks(workspace, chunk_id);
create table knowledge_state (
    workspace text not null,
    name text not null,
    value text not null,
    primary key (workspace, name)
);
)sql"},
    // In the row of its document the text stood before columns that every search and list reads, through all its pages.
    {"knowledge", 2, R"sql(
create table document_texts (
    document_id text primary key references documents(id) on delete cascade,
    workspace text not null,
    content text not null
);
insert into document_texts(document_id, workspace, content) select id, workspace, content from documents;
alter table documents drop column content;
)sql"},
    {"knowledge", 3, R"sql(
create index documents_visible on documents(version, chunks);
)sql"},
    {"knowledge", 4, R"sql(
alter table documents add column holder text not null default '';
alter table documents add column held_until bigint not null default 0;
create table knowledge_leases (
    workspace text not null,
    name text not null,
    holder text not null,
    until bigint not null,
    done bigint not null default 0,
    total bigint not null default 0,
    primary key (workspace, name)
);
)sql"},
}};

constexpr std::array<std::string_view, 4> kStatuses{"pending", "processing", "indexed", "failed"};

DocumentStatus status_from(std::string_view name) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i)
        if (kStatuses[i] == name) return static_cast<DocumentStatus>(i);
    return DocumentStatus::failed;
}

}  // namespace

std::string_view to_string(DocumentStatus status) { return kStatuses[static_cast<std::size_t>(status)]; }

std::span<const store::Migration> migrations() { return kMigrations; }

Document document_of(const store::Row& row) {
    Document document;
    document.id = row.text("id");
    document.number = row.integer("number");
    document.source = row.text("source");
    document.name_space = row.text("namespace");
    document.title = row.text("title");
    document.media_type = row.text("media_type");
    document.file_name = row.text("file_name");
    document.size = static_cast<std::uint64_t>(row.integer("size"));
    document.content_hash = row.text("content_hash");
    document.object_key = row.text("object_key");
    const auto metadata = parse_json(row.text("metadata"));
    if (metadata && metadata->is_object()) document.metadata = metadata->get_object();
    document.status = status_from(row.text("status"));
    document.reason = row.text("reason");
    document.recipe = row.text("recipe");
    document.version = row.integer("version");
    document.chunks = row.integer("chunks");
    document.uploaded_by = row.text("uploaded_by");
    document.created_at = row.instant("created_at");
    document.updated_at = row.instant("updated_at");
    return document;
}

Place place_of(const store::Row& row) {
    Place place;
    const auto headings = parse_json(row.text("headings"));
    if (headings && headings->is_array())
        for (const auto& heading : headings->get_array())
            if (heading.is_string()) place.headings.push_back(to_text(heading.get_string()));
    if (const auto page = row.optional_integer("page")) place.page = static_cast<int>(*page);
    if (const auto seconds = row.optional_integer("seconds")) place.seconds = static_cast<int>(*seconds);
    return place;
}

store::Bytes bytes_of(const store::Vector& vector) {
    store::Bytes bytes;
    bytes.value.resize(vector.size() * sizeof(float));
    std::memcpy(bytes.value.data(), vector.data(), bytes.value.size());
    return bytes;
}

store::Vector vector_of(std::string_view bytes) {
    store::Vector vector(bytes.size() / sizeof(float));
    std::memcpy(vector.data(), bytes.data(), vector.size() * sizeof(float));
    return vector;
}

}  // namespace slipway::knowledge
