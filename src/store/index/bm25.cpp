#include "store/index/bm25.h"

#include <algorithm>
#include <cmath>

#include "store/index/analyser.h"
#include "store/index/validation.h"

namespace slipway::store {

TermScorer::TermScorer(double weight, std::uint64_t passages_with_term, const TextStatistics& statistics) {
    const auto all = static_cast<double>(statistics.passages);
    const auto with = static_cast<double>(passages_with_term);
    const double average = std::max(1e-9, static_cast<double>(statistics.terms) / std::max(1.0, all));
    factor_ = weight * std::log1p((all - with + 0.5) / (with + 0.5)) * (kBm25Saturation + 1);
    constant_part_ = kBm25Saturation * (1 - kBm25LengthNormalisation);
    length_part_ = kBm25Saturation * kBm25LengthNormalisation / average;
}

std::vector<QueryTerm> query_terms(const Query& query, std::string_view language) {
    std::vector<QueryTerm> terms;
    const auto find_term = [&](const std::string& term) { return std::ranges::find(terms, term, &QueryTerm::term); };
    for (auto& term : analyse(query.text, language)) {
        if (terms.size() == IndexLimits::query_terms) return terms;
        if (find_term(term.text) == terms.end()) terms.push_back({std::move(term.text), 1});
    }
    const auto own = static_cast<std::ptrdiff_t>(terms.size());
    for (const auto& expansion : query.expansions) {
        auto words = analyse(expansion.text, language);
        const double share = expansion.weight / static_cast<double>(std::max<std::size_t>(1, words.size()));
        if (share <= 0) continue;
        for (auto& word : words) {
            const auto known = find_term(word.text);
            if (known == terms.end()) {
                if (terms.size() == IndexLimits::query_terms) return terms;
                terms.push_back({std::move(word.text), share});
            } else if (known - terms.begin() >= own) {
                known->weight = std::max(known->weight, share);
            }
        }
    }
    return terms;
}

}  // namespace slipway::store
