// The tables of documents and how their rows become values.
//
// documents holds one row a document, document_texts its extracted text, document_chunks the passages of its visible
// version; they change in one transaction, so a version appears as a whole. `dirty` is 1 while the index may hold
// passages that are not in document_chunks; recovery removes those. It is 2 when that came from somebody who had lost
// the document to another (holds.h): whoever has it now leaves 1 behind, so that recovery looks once more. A document
// being removed has the status 'removing', and its id as its source, until the index and the object store have
// forgotten it. `holder` works on it until `held_until`.
//
// knowledge_leases holds what is one process's in the whole database: 'index' while it is made anew, or was not made
// to its end; 'originals/…' while a backup copies.
#pragma once

#include <span>

#include "knowledge/types.h"
#include "store/database/database.h"

namespace slipway::knowledge {

std::span<const store::Migration> migrations();

inline constexpr std::string_view kDocumentColumns =
    "d.id, d.number, d.source, d.namespace, d.title, d.media_type, d.file_name, d.size, d.content_hash, d.object_key, "
    "d.metadata, "
    "d.status, d.reason, d.recipe, d.version, d.chunks, d.uploaded_by, d.created_at, d.updated_at";
Document document_of(const store::Row& row);

// The chunks of document $1, for `where`. SQLite knows nothing of how many rows a column's value has; with the range it
// takes the primary key, without it the index of chunk ids, which walks all chunks of the workspace.
inline constexpr std::string_view kOfDocument = "workspace = $workspace and document_id = $1 and ordinal >= 0";
inline constexpr std::string_view kChunkColumns = "c.chunk_id, c.ordinal, c.text, c.headings, c.page, c.seconds";
Place place_of(const store::Row& row);

// Vectors are kept as little-endian 32-bit floats.
store::Bytes bytes_of(const store::Vector& vector);
store::Vector vector_of(std::string_view bytes);

}  // namespace slipway::knowledge
