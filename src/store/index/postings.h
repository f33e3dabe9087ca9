// Which passages hold a term: postings in blocks of bytes, small enough to rewrite when a passage changes.
//
// A block: the number of its postings, then for each, in order of passage numbers, 2·(distance to the one before; 0 for
// the first) + 1 when it occurs more than once, its occurrences in that case, and the length of the passage. All
// numbers are as in varint.h. The number of the first passage stands outside, in the block's key.
// A typical posting takes two to four bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {

struct Posting {
    std::uint64_t passage = 0;
    std::uint64_t occurrences = 0;  // in the passage, 1 or more
    std::uint64_t length = 0;       // of the passage, in terms

    bool operator==(const Posting&) const = default;
};

struct PostingBlock {
    std::uint64_t first = 0;  // passage of the first posting
    std::string bytes;
};

// A block this large still fits into one cell of a SQLite page of 4096 bytes, without an overflow page.
inline constexpr std::size_t kPostingBlockBytes = 920;

// Reads a block posting by posting; bytes that make no sense end it and are reported, never read past.
class PostingReader {
 public:
    PostingReader(std::uint64_t first, std::string_view bytes);
    // False at the end, and when the bytes are damaged.
    bool next(Posting& posting);
    std::uint64_t count() const { return count_; }  // of the whole block
    bool is_damaged() const { return damaged_; }
    // The bytes of the postings that next() has not read.
    std::string_view left() const { return {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(end_ - at_)}; }

 private:
    const unsigned char* at_;
    const unsigned char* end_;
    std::uint64_t passage_;
    std::uint64_t count_ = 0;
    std::uint64_t left_ = 0;
    bool damaged_ = false;
};

// Empty when the block is damaged.
std::optional<std::vector<Posting>> decode(const PostingBlock& block);
// Postings in order of passages, as few blocks as they need.
std::vector<PostingBlock> encode(std::span<const Posting> postings);
// The same as of the block's postings and these, which are of later passages; the block's key stays. Reads the block
// once, and takes its bytes as they are. Empty when the block is damaged, or a passage is not later.
std::optional<std::vector<PostingBlock>> extended(const PostingBlock& block, std::span<const Posting> postings);

}  // namespace slipway::store
