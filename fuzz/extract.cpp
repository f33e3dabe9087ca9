// First line: a file name; the rest: the document. What is extracted is valid text, and so are the chunks cut from it.
// PDF is read by a program of its own and left out here.
#include "knowledge/extract.h"

#include "base/text.h"
#include "knowledge/chunk.h"
#include "target.h"

namespace {

slipway::knowledge::ExtractLimits small_limits() {
    slipway::knowledge::ExtractLimits limits;
    limits.text_bytes_max = 1 << 20;
    limits.blocks_max = 5000;
    limits.nesting_max = 200;
    limits.archive_bytes_max = 4 << 20;
    limits.pdftotext = "/nonexistent/pdftotext";
    return limits;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(extract) {
    using namespace slipway;
    static const auto limits = small_limits();
    const auto [name, bytes] = fuzz::split_line(input);
    const auto document = knowledge::extract(bytes, to_valid_utf8(name), limits);
    if (!document) {
        fuzz::require(is_valid_utf8(document.error().message) && !document.error().message.empty(),
                      "errors are for people");
        return;
    }
    fuzz::require(is_valid_utf8(document->title), "the title is valid");
    for (const auto& block : document->blocks)
        fuzz::require(!block.text.empty() && is_valid_utf8(block.text), "blocks are valid");
    knowledge::ChunkOptions options;
    options.size_max = 256;
    options.size_min = 64;
    options.overlap = 40;
    const auto chunks = knowledge::chunk(*document, options);
    fuzz::require(document->blocks.empty() || !chunks.empty(), "a document with text has a chunk");
    int ordinal = 0;
    for (const auto& chunk : chunks) {
        fuzz::require(!chunk.text.empty() && is_valid_utf8(chunk.text), "chunks are valid");
        fuzz::require(chunk.ordinal == ordinal++ && chunk.content_hash.size() == 64, "chunks are numbered and hashed");
    }
}
