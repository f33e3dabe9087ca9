// Scores every passage that holds a term of the query, from posting blocks, wherever those came from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/index/bm25.h"
#include "store/index/postings.h"
#include "store/index/ranking.h"

namespace slipway::store {

// All postings of one term of the query, in order.
struct TermPostings {
    std::string term;
    double weight = 1;
    std::vector<PostingBlock> blocks;
    std::uint64_t passages = 0;  // that hold the term: document_frequency(blocks)
};

std::uint64_t document_frequency(std::span<const PostingBlock> blocks);

// In no order. Empty (nullopt) when a block is damaged. Takes time by the number of postings and memory by the number
// of passages found.
std::optional<std::vector<Ranked>> score_passages(std::span<const TermPostings> terms,
                                                  const TextStatistics& statistics);

// How the score of one passage came about: the terms that it holds, best first.
std::vector<TermScore> explain(std::span<const TermPostings> terms, const TextStatistics& statistics,
                               std::uint64_t passage);

}  // namespace slipway::store
