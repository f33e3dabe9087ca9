#include "store/index/text_ranking.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace slipway::store {
namespace {

// Passages are scored in windows of numbers that fit into the processor's first cache, each term in turn.
constexpr std::uint64_t kWindow = 2048;
constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();

class TermCursor {
 public:
    TermCursor(const TermPostings& term, const TextStatistics& statistics)
        : blocks_(term.blocks), scorer_(term.weight, term.passages, statistics), reader_(0, "\1") {
        enter_block();
        advance();
    }

    std::uint64_t passage() const { return at_end_ ? kEnd : posting_.passage; }
    bool is_damaged() const { return damaged_; }

    // Adds the scores of the passages from `begin` to `begin` + kWindow.
    void add_window(std::uint64_t begin, std::array<double, kWindow>& scores) {
        while (!at_end_ && posting_.passage - begin < kWindow) {
            scores[posting_.passage - begin] += scorer_(posting_.occurrences, posting_.length);
            advance();
        }
    }

 private:
    void enter_block() {
        if (block_ < blocks_.size()) reader_ = PostingReader(blocks_[block_].first, blocks_[block_].bytes);
    }

    void advance() {
        const auto before = posting_.passage;
        while (block_ < blocks_.size()) {
            if (reader_.next(posting_)) {
                if (started_ && posting_.passage <= before) break;
                started_ = true;
                return;
            }
            if (reader_.is_damaged()) break;
            ++block_;
            enter_block();
        }
        damaged_ = block_ < blocks_.size();
        at_end_ = true;
    }

    std::span<const PostingBlock> blocks_;
    TermScorer scorer_;
    PostingReader reader_;
    std::size_t block_ = 0;
    Posting posting_;
    bool started_ = false;
    bool at_end_ = false;
    bool damaged_ = false;
};

void collect(std::uint64_t begin, std::array<double, kWindow>& scores, std::vector<Ranked>& found) {
    for (std::uint64_t i = 0; i < kWindow; ++i)
        if (scores[i] != 0) found.push_back({begin + i, std::exchange(scores[i], 0)});
}

std::optional<Posting> find_posting(std::span<const PostingBlock> blocks, std::uint64_t passage) {
    auto after = std::ranges::upper_bound(blocks, passage, {}, &PostingBlock::first);
    if (after == blocks.begin()) return std::nullopt;
    const auto& block = *std::prev(after);
    PostingReader reader(block.first, block.bytes);
    for (Posting posting; reader.next(posting) && posting.passage <= passage;)
        if (posting.passage == passage) return posting;
    return std::nullopt;
}

}  // namespace

std::uint64_t document_frequency(std::span<const PostingBlock> blocks) {
    std::uint64_t passages = 0;
    for (const auto& block : blocks) passages += PostingReader(block.first, block.bytes).count();
    return passages;
}

std::optional<std::vector<Ranked>> score_passages(std::span<const TermPostings> terms,
                                                  const TextStatistics& statistics) {
    std::vector<TermCursor> cursors;
    cursors.reserve(terms.size());
    for (const auto& term : terms) cursors.emplace_back(term, statistics);
    std::array<double, kWindow> scores{};
    std::vector<Ranked> found;
    for (;;) {
        std::uint64_t begin = kEnd;
        for (const auto& cursor : cursors) begin = std::min(begin, cursor.passage());
        if (begin == kEnd) break;
        for (auto& cursor : cursors) cursor.add_window(begin, scores);
        collect(begin, scores, found);
    }
    if (std::ranges::any_of(cursors, &TermCursor::is_damaged)) return std::nullopt;
    return found;
}

std::vector<TermScore> explain(std::span<const TermPostings> terms, const TextStatistics& statistics,
                               std::uint64_t passage) {
    std::vector<TermScore> scores;
    for (const auto& term : terms) {
        const auto posting = find_posting(term.blocks, passage);
        if (!posting) continue;
        const TermScorer scorer(term.weight, term.passages, statistics);
        scores.push_back({term.term, scorer(posting->occurrences, posting->length)});
    }
    std::ranges::sort(scores, [](const TermScore& a, const TermScore& b) { return a.score > b.score; });
    return scores;
}

}  // namespace slipway::store
