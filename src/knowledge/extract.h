// Turns a document's bytes into blocks of plain text that know where in the original they stand. Pure: no store, no
// clock, no network; the same bytes give the same blocks.
//
// Formats, recognised by content first and by the file name's extension second: plain text, Markdown, HTML, PDF (with
// poppler's pdftotext in a child process), DOCX, WebVTT, SubRip (SRT), and transcripts with [hh:mm:ss] or [mm:ss]
// lines. Markdown, plain text and transcripts may begin with front matter (see read_sidecar for its form).
//
// Errors. `invalid`: the document's own fault; the message tells its owner what to do, and details.reason is one of
//   empty        nothing in it                        too_large    a limit below is passed (details.limit names it)
//   encrypted    a password is needed                 unsupported  no format that is read here
//   broken       cut or damaged                       timeout      reading it took too long
//   no_text      scanned pages, only pictures
// `unavailable`: we cannot (pdftotext is not installed, no process can be started); the same document may work later.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace slipway::knowledge {

// Where in the original a block stands.
struct Place {
    std::vector<std::string> headings;  // outermost first, each cut to 120 bytes; a heading's own block includes itself
    std::optional<int> page = {};       // PDF, from 1
    std::optional<int> seconds = {};    // transcripts: from the start of the recording

    bool operator==(const Place&) const = default;
};

enum class BlockKind : unsigned char { heading, paragraph, list_item, table_row, code, cue };

struct Block {
    std::string text;  // valid UTF-8, never empty; without line ends except in code
    BlockKind kind = BlockKind::paragraph;
    Place place = {};
};

struct Extracted {
    std::string title;  // front matter, the format's own title, the first heading, or the file's name in words
    std::vector<Block> blocks;
    // What the document says about itself: author, source_url, youtube_url, tags (an array), … Values are strings or
    // arrays of strings.
    json::object metadata = {};
};

struct ExtractLimits {
    std::size_t bytes_max = 64 << 20;       // of the document
    std::size_t text_bytes_max = 32 << 20;  // of the text that comes out
    std::size_t blocks_max = 250'000;
    std::size_t nesting_max = 2'000;                // elements inside elements: HTML, DOCX
    std::size_t tree_bytes_max = 256 << 20;         // memory of a parsed HTML or XML tree
    std::size_t archive_entries_max = 10'000;       // DOCX
    std::size_t archive_bytes_max = 64 << 20;       // inflated, of the parts that are read
    std::size_t archive_ratio_max = 200;            // inflated to compressed, of a part above 1 MiB
    std::size_t pages_max = 10'000;                 // PDF
    std::chrono::milliseconds parse_time{20'000};   // HTML
    std::chrono::milliseconds child_time{60'000};   // PDF, wall clock; two thirds of it may be processor time
    std::size_t child_memory_bytes = 512 << 20;     // PDF, address space
    std::size_t child_output_bytes_max = 96 << 20;  // PDF: text with the place of each word, about 20 times the text
    std::string pdftotext = "pdftotext";            // a name in PATH, or a path
};

// `file_name` gives the extension and stands in messages; its folders are left out of them. Blocks for as long as
// reading takes, up to the time limits: call it on a WorkerPool. Thread safe.
Result<Extracted> extract(std::string_view bytes, std::string_view file_name, const ExtractLimits& limits = {});

// The extensions that extract() reads, lower case with the dot; for scanning a folder.
bool has_readable_extension(std::string_view file_name);

// Reads a `FILE.meta.yaml` that stands beside a document, and front matter: lines `key: value`, `key: [a, b]`, or
// `key:` followed by lines `- item`; quotes around values, # comments. No nesting, no other YAML. Values become strings
// or arrays of strings; keys are in lower case. At most 16 KiB and 100 keys. `invalid` with details.line.
Result<json::object> read_sidecar(std::string_view text);

}  // namespace slipway::knowledge
