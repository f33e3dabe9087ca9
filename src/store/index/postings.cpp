#include "store/index/postings.h"

#include "store/index/varint.h"

namespace slipway::store {
namespace {

void append_posting(std::string& bytes, const Posting& posting, std::uint64_t before) {
    const bool repeats = posting.occurrences > 1;
    append_number(bytes, (posting.passage - before) * 2 + (repeats ? 1 : 0));
    if (repeats) append_number(bytes, posting.occurrences);
    append_number(bytes, posting.length);
}

PostingBlock block_of(std::uint64_t first, std::uint64_t count, std::string_view postings) {
    PostingBlock block{first, {}};
    append_number(block.bytes, count);
    block.bytes += postings;
    return block;
}

constexpr std::size_t kCountBytesMax = 3;

}  // namespace

PostingReader::PostingReader(std::uint64_t first, std::string_view bytes)
    : at_(reinterpret_cast<const unsigned char*>(bytes.data())), end_(at_ + bytes.size()), passage_(first) {
    if (!read_number(at_, end_, count_) || count_ == 0 || count_ > bytes.size()) damaged_ = true;
    left_ = damaged_ ? 0 : count_;
}

bool PostingReader::next(Posting& posting) {
    if (left_ == 0) return false;
    --left_;
    std::uint64_t distance = 0;
    posting.occurrences = 1;
    if (!read_number(at_, end_, distance) || ((distance & 1) && !read_number(at_, end_, posting.occurrences)) ||
        !read_number(at_, end_, posting.length)) {
        damaged_ = true;
        left_ = 0;
        return false;
    }
    passage_ += distance >> 1;
    posting.passage = passage_;
    return true;
}

std::optional<std::vector<Posting>> decode(const PostingBlock& block) {
    PostingReader reader(block.first, block.bytes);
    std::vector<Posting> postings;
    postings.reserve(reader.is_damaged() ? 0 : reader.count());
    for (Posting posting; reader.next(posting);) postings.push_back(posting);
    if (reader.is_damaged()) return std::nullopt;
    return postings;
}

std::vector<PostingBlock> encode(std::span<const Posting> postings) {
    std::vector<PostingBlock> blocks;
    std::string bytes, one;
    std::uint64_t first = 0, before = 0, count = 0;
    for (const auto& posting : postings) {
        one.clear();
        append_posting(one, posting, count == 0 ? posting.passage : before);
        if (count > 0 && bytes.size() + one.size() + kCountBytesMax > kPostingBlockBytes) {
            blocks.push_back(block_of(first, count, bytes));
            bytes.clear();
            one.clear();
            count = 0;
            append_posting(one, posting, posting.passage);
        }
        if (count == 0) first = posting.passage;
        bytes += one;
        before = posting.passage;
        ++count;
    }
    if (count > 0) blocks.push_back(block_of(first, count, bytes));
    return blocks;
}

}  // namespace slipway::store
