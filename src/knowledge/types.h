// Documents and what is found in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/workspace.h"
#include "knowledge/extract.h"
#include "store/index/index.h"

namespace slipway::knowledge {

enum class DocumentStatus : unsigned char {
    pending,     // known, not looked at yet
    processing,  // a version is being indexed; the previous one stays visible
    indexed,
    failed,  // reason says why; the previous version, if there is one, stays visible
};
std::string_view to_string(DocumentStatus status);

// A document is (workspace, source): the source is where it came from ("docs/money/debt.md", an upload's file name, a
// URL) and stays the same when its content changes.
struct Document {
    std::string id;
    std::int64_t number = 0;  // small id for clients that want an integer
    std::string source;
    std::string name_space;
    std::string title;
    std::string media_type;
    std::string file_name;
    std::uint64_t size = 0;    // bytes of the original
    std::string content_hash;  // SHA-256 of the original, hex
    std::string object_key;    // of the original in the object store
    json::object metadata;     // author, source_url, youtube_url, tags and whatever else came with it
    DocumentStatus status = DocumentStatus::pending;
    std::string reason;        // of a failure
    std::string recipe;        // how it was chunked
    std::int64_t version = 0;  // the version that is visible; 0: none yet
    std::int64_t chunks = 0;
    std::string uploaded_by;  // user id; empty for the application's own documents
    Instant created_at;
    Instant updated_at;
};

struct NewDocument {
    std::string source;
    std::string name_space;
    std::string file_name;  // decides about the format where the bytes do not
    std::string bytes;
    std::string title;      // empty: taken from the document
    json::object metadata;  // wins over what the document says of itself
    std::string uploaded_by;
    bool keep_failure = false;  // record a failed document instead of leaving nothing behind (folders do)
};

// What an edit changes; absent fields stay.
struct DocumentChange {
    std::optional<std::string> title;
    std::optional<std::string> name_space;
    std::optional<std::string> content;    // replaces the original by this Markdown text
    std::optional<json::object> metadata;  // merged over the present one; null removes a key
};

enum class Ingested : unsigned char { added, updated, unchanged };

struct IngestReport {
    Document document;
    Ingested what = Ingested::unchanged;
    std::size_t chunks_indexed = 0;  // new or changed ones
    std::size_t chunks_kept = 0;
};

// "page 12", "00:03:41", "Breath › Counting", or empty.
std::string describe(const Place& place);

struct Found {
    std::string chunk_id;
    Document document;
    std::string text;
    Place place;
    std::string before, after;  // neighbouring context, see Knowledge::add_neighbours
    double score = 0;           // 0 … 1, comparable between questions
    std::optional<double> text_score, vector_score;
    std::vector<store::TermScore> terms;
};

struct QuestionVector {
    std::string question;
    std::optional<store::Vector> vector;
    std::string note;  // why there is none
};

// A passage as an answer cites it.
struct Source {
    int number = 0;
    std::string document_id;
    std::int64_t document_number = 0;
    std::string chunk_id;
    std::string title;
    std::string name_space;
    std::string snippet;
    std::string place;       // for a person: "page 12", "00:03:41"
    std::string url;         // opens the original there
    std::string source_url;  // as the document gives it; may be empty
    std::string youtube_url;
    std::optional<int> page;
    std::optional<int> seconds;
    double score = 0;
};
json::object to_json(const Source& source);
std::optional<Source> source_from_json(const json::value& value);

// The link that opens the document at the place: a video at its second, a PDF at its page, else the original file.
std::string link_of(const Document& document, const Place& place);

}  // namespace slipway::knowledge
