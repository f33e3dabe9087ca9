// Cuts an extracted document into passages for the index. Pure and deterministic: the same blocks and options give the
// same chunks.
//
// Structure first: a chunk never crosses a heading or a page, except that sections smaller than size_min join their
// neighbours (same parent heading, same page). Inside a section blocks are packed whole while they fit; a block that
// does not fit is cut between sentences, a sentence between words, a word between UTF-8 characters. A chunk may begin
// with whole sentences of the one before it (the overlap), inside one section only, and always brings text of its own:
// no chunk lies inside another. Cues of transcripts are joined to about transcript_seconds of speech. An edit changes
// the chunks of its own section and leaves the others as they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/extract.h"

namespace slipway::knowledge {

// Sizes are bytes of UTF-8. Impossible values are brought into range: size_max ≥ 64, overlap ≤ size_max / 2, size_min ≤
// size_max / 2.
struct ChunkOptions {
    std::size_t size_max = 1200;
    std::size_t overlap = 150;   // at most; 0: none
    std::size_t size_min = 200;  // sections below it are joined where that is allowed
    int transcript_seconds = 60;
};

struct Chunk {
    std::string text;  // blocks are separated by an empty line; items, rows and headings by a line end; cues and
                       // sentences by a space
    Place place;       // of the first block that is new in this chunk; of a heading only when nothing stands below it
    // SHA-256 (hex) of the headings and the text: what is searched and embedded. Page and seconds are not in it, so
    // that a new page at the front does not index the whole book again; refresh them where they are kept.
    std::string content_hash;
    int ordinal = 0;  // from 0, in the order of the document
};

// At least one chunk for a document with a block. Time and memory are linear in the text.
std::vector<Chunk> chunk(const Extracted& document, ChunkOptions options = {});

// A deterministic id in the form of a UUID (version 8), which every index accepts as a key; it begins as the document's
// does, where that is a UUID. `occurrence` counts chunks with equal hash in one document, from 0.
std::string chunk_id(std::string_view document_id, std::string_view content_hash, int occurrence);

}  // namespace slipway::knowledge
