#include "store/index/postings.h"

#include <array>

#include "store/index/varint.h"

namespace slipway::store {
namespace {

constexpr std::size_t kCountBytesMax = 3;
constexpr std::size_t kPostingBytesMax = 30;

char* put_number(char* at, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) *at++ = static_cast<char>(number | 0x80);
    *at++ = static_cast<char>(number);
    return at;
}

// Postings in the order of passages become blocks, each as full as it may be.
class BlockWriter {
 public:
    void add(const Posting& posting) {
        put(posting, count_ == 0 ? posting.passage : before_);
        if (count_ > 0 && bytes_.size() + one_size_ + kCountBytesMax > kPostingBlockBytes) {
            end_block();
            put(posting, posting.passage);
        }
        if (count_ == 0) first_ = posting.passage;
        bytes_.append(one_.data(), one_size_);
        before_ = posting.passage;
        ++count_;
    }
    // Goes on behind the last posting of a block.
    void go_on(std::uint64_t first, std::uint64_t last, std::uint64_t count, std::string_view postings) {
        first_ = first;
        before_ = last;
        count_ = count;
        bytes_ = postings;
    }
    std::vector<PostingBlock> finish() {
        end_block();
        return std::move(blocks_);
    }

 private:
    // Leaves the posting's bytes in one_.
    void put(const Posting& posting, std::uint64_t before) {
        const bool repeats = posting.occurrences > 1;
        char* end = put_number(one_.data(), (posting.passage - before) * 2 + (repeats ? 1 : 0));
        if (repeats) end = put_number(end, posting.occurrences);
        end = put_number(end, posting.length);
        one_size_ = static_cast<std::size_t>(end - one_.data());
    }
    void end_block() {
        if (count_ == 0) return;
        std::array<char, kPostingBytesMax> number;
        const auto size = static_cast<std::size_t>(put_number(number.data(), count_) - number.data());
        PostingBlock block{first_, {}};
        block.bytes.reserve(size + bytes_.size());
        block.bytes.append(number.data(), size).append(bytes_);
        blocks_.push_back(std::move(block));
        bytes_.clear();
        count_ = 0;
    }

    std::vector<PostingBlock> blocks_;
    std::string bytes_;  // of the block's postings so far
    std::uint64_t first_ = 0, before_ = 0, count_ = 0;
    std::array<char, kPostingBytesMax> one_;
    std::size_t one_size_ = 0;
};

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
    BlockWriter writer;
    for (const auto& posting : postings) writer.add(posting);
    return writer.finish();
}

std::optional<std::vector<PostingBlock>> extended(const PostingBlock& block, std::span<const Posting> postings) {
    BlockWriter writer;
    if (!block.bytes.empty()) {
        PostingReader reader(block.first, block.bytes);
        const auto all = reader.left();
        Posting last;
        while (reader.next(last)) {
        }
        if (reader.is_damaged() || !reader.left().empty()) return std::nullopt;
        if (!postings.empty() && last.passage >= postings.front().passage) return std::nullopt;
        writer.go_on(block.first, last.passage, reader.count(), all);
    }
    for (const auto& posting : postings) writer.add(posting);
    return writer.finish();
}

}  // namespace slipway::store
