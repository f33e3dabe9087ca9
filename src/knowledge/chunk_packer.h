// Packs the blocks of one section (or of a few tiny ones) into chunks. Internal to chunk().
#pragma once

#include "knowledge/chunk.h"

namespace slipway::knowledge {

class ChunkPacker {
 public:
    ChunkPacker(const ChunkOptions& options, std::vector<Chunk>& chunks) : options_(options), chunks_(chunks) {}

    void add(const Block& block);
    // Ends the chunk that is being filled; the next one may overlap with it.
    void flush();
    // Ends the section: what follows does not overlap with it.
    void end_section();

    std::size_t chunk_count() const { return chunks_.size(); }
    bool empty() const { return text_.size() == overlap_bytes_; }

 private:
    bool fits(std::string_view separator, std::size_t bytes) const {
        return text_.size() + separator.size() + bytes <= options_.size_max;
    }
    void append(const Block& block, std::string_view separator, std::string_view text);
    void add_in_parts(const Block& block);
    void add_in_words(const Block& block, std::string_view text);
    void begin_with_overlap(std::string_view separator, std::size_t next_bytes);
    std::string_view separator_before(const Block& block) const;

    const ChunkOptions& options_;
    std::vector<Chunk>& chunks_;
    std::string text_;
    std::size_t overlap_bytes_ = 0;  // at the front of text_
    const Block* first_ = nullptr;   // the block whose place counts
    const Block* last_ = nullptr;
    std::string previous_;  // the chunk before, for the overlap
};

}  // namespace slipway::knowledge
