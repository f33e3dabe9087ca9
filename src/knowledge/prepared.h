// A document between reading and writing: extracted, chunked, and given ids. Pure functions, no stores. Internal to
// this room.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "knowledge/service.h"

namespace slipway::knowledge {

// In one call of a store: its results and the bytes of one call are limited, and vectors are large.
inline constexpr std::size_t kChunksAtOnce = 500;

struct PreparedChunk {
    std::string id;  // depends on the document, the text and what the index searches beside it
    std::string text;
    std::string text_hash;  // of what is embedded
    Place place;
    std::optional<store::Vector> vector;
};

struct Prepared {
    std::string title;
    std::string content;  // the extracted text
    std::string media_type;
    std::string content_hash;
    std::string recipe;  // how it was chunked; another recipe indexes the same bytes anew
    json::object metadata;
    std::vector<PreparedChunk> chunks;
    std::unordered_set<std::string> known;                 // chunk ids that the index has already
    std::unordered_map<std::string, std::string> vectors;  // of the visible version, by text_hash; bytes
};

// Extracts and chunks; blocking, for a pool.
Result<Prepared> prepare_document(const NewDocument& document, const KnowledgeOptions& options);
// Changes when the same bytes would be cut differently.
std::string recipe_of(const KnowledgeOptions& options);
// What the keys of a document's originals begin with. Documents share few folders, by the time in their ids: a folder
// of its own for each would have to be made durable, too, and those that come together are flushed together.
std::string object_prefix(std::string_view document_id);
// The last part of a path, as the name of a file.
std::string file_part(std::string_view name);
// Fills the row's descriptive columns.
void describe_document(Document& row, const NewDocument& document, const Prepared& prepared);
// Deterministic chunk ids: equal text under equal title, namespace and metadata keeps its id.
void name_chunks(Prepared& prepared, const Document& row);
// The passages that the index does not have yet.
std::vector<store::Passage> fresh_passages(const Prepared& prepared, const Document& row);
store::Passage passage_of(const PreparedChunk& chunk, const Document& row);
std::string embedding_text(std::string_view title, const PreparedChunk& chunk);
std::string headings_json(const Place& place);

}  // namespace slipway::knowledge
