// BM25 (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009) with the positive idf of Lucene.
//
//     score(term) = weight · idf · f·(k1+1) / (f + k1·(1 − b + b·length/average))      idf = ln(1 + (N − n + ½) / (n +
//     ½))
//
// f: occurrences in the passage; length: its terms, stop words left out, text and extra_text together; N passages, n of
// them with the term, average length: of the workspace in the collection. A term counts once, however often the query
// repeats it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/index/index.h"

namespace slipway::store {

inline constexpr double kBm25Saturation = 1.2;            // k1
inline constexpr double kBm25LengthNormalisation = 0.75;  // b

struct TextStatistics {
    std::uint64_t passages = 0;
    std::uint64_t terms = 0;  // of all passages together
};

class TermScorer {
 public:
    TermScorer(double weight, std::uint64_t passages_with_term, const TextStatistics& statistics);
    // Above 0 for a weight above 0.
    double operator()(std::uint64_t occurrences, std::uint64_t length) const {
        const auto f = static_cast<double>(occurrences);
        return factor_ * f / (f + constant_part_ + length_part_ * static_cast<double>(length));
    }

 private:
    double factor_;
    double constant_part_;
    double length_part_;
};

struct QueryTerm {
    std::string term;
    double weight = 1;
};

// The terms of query.text, each once with weight 1, then those of the expansions that are not among them: the words of
// an expansion share its weight; of a term in several expansions the largest weight counts. At most
// IndexLimits::query_terms.
std::vector<QueryTerm> query_terms(const Query& query, std::string_view language);

}  // namespace slipway::store
