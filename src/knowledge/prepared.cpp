#include "knowledge/prepared.h"

#include "base/crypto.h"
#include "base/text.h"
#include "knowledge/extract_blocks.h"
#include "net/http.h"

namespace slipway::knowledge {
namespace {

// Raised when extraction or chunking changes, so that documents are read anew after an upgrade.
constexpr int kExtractionVersion = 1;
constexpr std::string_view kLinkFields[] = {"source_url", "youtube_url", "author"};

std::string text_of(const Extracted& extracted) {
    std::string text;
    for (const auto& block : extracted.blocks) {
        if (!text.empty()) text += "\n\n";
        text += block.text;
    }
    return text;
}

}  // namespace

std::string recipe_of(const KnowledgeOptions& options) {
    const auto& chunk = options.chunk;
    return fmt::format("v{}/{}/{}/{}/{}", kExtractionVersion, chunk.size_max, chunk.overlap, chunk.size_min,
                       chunk.transcript_seconds);
}

Result<Prepared> prepare_document(const NewDocument& document, const KnowledgeOptions& options) {
    SLIPWAY_TRY(auto extracted, extract(document.bytes, document.file_name, options.extract));
    Prepared prepared;
    prepared.media_type = net::content_type_of(document.file_name);
    prepared.content = text_of(extracted);
    prepared.metadata = extracted.metadata;
    for (const auto& field : document.metadata) {
        if (field.value().is_null())
            prepared.metadata.erase(field.key());
        else
            prepared.metadata[field.key()] = field.value();
    }
    prepared.title = !document.title.empty() ? document.title : extracted.title;
    if (const auto given = text_or(prepared.metadata, "title"); document.title.empty() && !given.empty())
        prepared.title = given;
    if (prepared.title.empty()) prepared.title = document.file_name;
    prepared.metadata.erase("title");
    prepared.metadata.erase("namespace");
    auto chunks = chunk(extracted, options.chunk);
    if (chunks.size() > options.chunks_max) {
        auto error = reject("too_large",
                            "{} has too much text: {} passages, and at most {} are kept of one document. "
                            "Split it into several documents.",
                            document.file_name, chunks.size(), options.chunks_max);
        error.error().details["limit"] = "chunks_max";
        return error;
    }
    for (auto& chunk : chunks) {
        PreparedChunk ready;
        ready.text = std::move(chunk.text);
        ready.place = std::move(chunk.place);
        ready.text_hash = sha256_hex(embedding_text(prepared.title, ready)).substr(0, 32);
        prepared.chunks.push_back(std::move(ready));
    }
    if (prepared.chunks.empty()) {
        auto error = Error{ErrorCode::invalid, fmt::format("{} has no text.", document.file_name), {}};
        return std::unexpected(std::move(error).with("reason", "empty"));
    }
    return prepared;
}

std::string file_part(std::string_view name) {
    const auto slash = name.find_last_of("/\\");
    std::string part(slash == std::string_view::npos ? name : name.substr(slash + 1));
    for (char& c : part)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
    if (part.empty() || part == "." || part == "..") part = "document";
    return std::string(cut_utf8(part, 200));
}

std::string object_prefix(std::string_view document_id) {
    // Two digits of the id's time (new_id), of 65 seconds and of 4, so that no folder is asked to take very many.
    constexpr std::size_t kDigit = 7, kNextDigit = 9;
    if (document_id.size() <= kNextDigit) return fmt::format("documents/{}/{}-", document_id, document_id);
    return fmt::format("documents/{}{}/{}-", document_id[kDigit], document_id[kNextDigit], document_id);
}

void describe_document(Document& row, const NewDocument& document, const Prepared& prepared) {
    row.source = document.source;
    row.name_space = document.name_space;
    row.title = prepared.title;
    row.media_type = prepared.media_type;
    row.file_name = document.file_name;
    row.size = document.bytes.size();
    row.content_hash = prepared.content_hash;
    row.recipe = prepared.recipe;
    row.metadata = prepared.metadata;
    if (!document.uploaded_by.empty()) row.uploaded_by = document.uploaded_by;
}

void name_chunks(Prepared& prepared, const Document& row) {
    const auto around = row.name_space + "\n" + row.title + "\n" + write_json(row.metadata);
    std::unordered_map<std::string, int> occurrences;
    for (auto& chunk : prepared.chunks) {
        const auto hash = sha256_hex(around + "\n" + headings_json(chunk.place) + "\n" + chunk.text);
        chunk.id = chunk_id(row.id, hash, occurrences[hash]++);
    }
}

store::Passage passage_of(const PreparedChunk& chunk, const Document& row) {
    store::Passage passage;
    passage.id = chunk.id;
    passage.name_space = row.name_space;
    passage.text = chunk.text;
    passage.extra_text = row.title + "\n" + join(chunk.place.headings, "\n");
    passage.metadata["document_id"] = row.id;
    passage.metadata["title"] = row.title;
    passage.metadata["source"] = row.source;
    for (const auto field : kLinkFields)
        if (const auto value = text_or(row.metadata, field); !value.empty()) passage.metadata[field] = value;
    if (const auto* tags = array_in(row.metadata, "tags")) passage.metadata["tags"] = *tags;
    if (chunk.place.page) passage.metadata["page"] = *chunk.place.page;
    if (chunk.place.seconds) passage.metadata["seconds"] = *chunk.place.seconds;
    passage.vector = chunk.vector;
    return passage;
}

std::vector<store::Passage> fresh_passages(const Prepared& prepared, const Document& row) {
    std::vector<store::Passage> passages;
    for (const auto& chunk : prepared.chunks)
        if (!prepared.known.contains(chunk.id)) passages.push_back(passage_of(chunk, row));
    return passages;
}

std::string embedding_text(std::string_view title, const PreparedChunk& chunk) {
    return fmt::format("{}\n{}", title, chunk.text);
}

std::string headings_json(const Place& place) {
    json::array headings;
    for (const auto& heading : place.headings) headings.emplace_back(heading);
    return write_json(headings);
}

}  // namespace slipway::knowledge
