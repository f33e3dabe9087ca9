// The terms of one passage, and BM25 of it, for adapters whose store keeps the terms but does not score them: the same
// numbers as embedded's, from statistics of one workspace.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/bm25.h"

namespace slipway::store {

struct PassageTerms {
    std::map<std::string, std::uint32_t, std::less<>> counts;
    std::uint64_t length = 0;  // all of them together
};

// Of text and extra_text together. Takes milliseconds for a long passage: on a pool.
PassageTerms passage_terms(const Passage& passage, std::string_view language);

// A term as a word of the store: as it is, or its hash where it is long or holds a space.
std::string term_word(std::string_view term);

struct ScoredTerm {
    QueryTerm query;
    std::string word;            // term_word()
    std::uint64_t passages = 0;  // of the workspace that hold it
};
// The terms of a query that any passage holds. More passages than there are at all (other statistics are a moment
// older) count as all.
std::vector<ScoredTerm> scored_terms(std::vector<QueryTerm> terms, std::span<const std::uint64_t> passages,
                                     const TextStatistics& statistics);

// How the score of a passage with these words comes about, best first; their sum is the score.
std::vector<TermScore> explain_words(std::span<const ScoredTerm> terms, const TextStatistics& statistics,
                                     const PassageTerms& words);

}  // namespace slipway::store
