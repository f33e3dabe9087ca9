#include "store/index/passage_terms.h"

#include <algorithm>

#include "base/crypto.h"
#include "store/index/analyser.h"

namespace slipway::store {
namespace {

constexpr std::size_t kWordBytesMax = 200;

}  // namespace

PassageTerms passage_terms(const Passage& passage, std::string_view language) {
    PassageTerms terms;
    for (const auto* part : {&passage.text, &passage.extra_text})
        for (const auto& term : analyse(*part, language)) {
            ++terms.counts[term_word(term.text)];
            ++terms.length;
        }
    return terms;
}

std::string term_word(std::string_view term) {
    const auto separates = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    // White space beyond ASCII is what a tokenizer may cut at, too.
    constexpr std::string_view kSpaces[] = {"\u00A0", "\u0085", "\u1680", "\u2028",
                                            "\u2029", "\u202F", "\u205F", "\u3000"};
    const bool has_space = std::ranges::any_of(term, separates) || term.contains("\xE2\x80") ||
                           std::ranges::any_of(kSpaces, [&](std::string_view space) { return term.contains(space); });
    if (term.size() <= kWordBytesMax && !has_space && !term.starts_with('#')) return std::string(term);
    return "#" + sha256_hex(term);
}

std::vector<ScoredTerm> scored_terms(std::vector<QueryTerm> terms, std::span<const std::uint64_t> passages,
                                     const TextStatistics& statistics) {
    std::vector<ScoredTerm> scored;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto with = std::min(passages[i], statistics.passages);
        if (with == 0) continue;
        auto word = term_word(terms[i].term);
        scored.push_back({std::move(terms[i]), std::move(word), with});
    }
    return scored;
}

std::vector<TermScore> explain_words(std::span<const ScoredTerm> terms, const TextStatistics& statistics,
                                     const PassageTerms& words) {
    std::vector<TermScore> scores;
    for (const auto& term : terms) {
        const auto found = words.counts.find(term.word);
        if (found == words.counts.end()) continue;
        const TermScorer scorer(term.query.weight, term.passages, statistics);
        scores.push_back({term.query.term, scorer(found->second, words.length)});
    }
    std::ranges::sort(scores, std::greater(), &TermScore::score);
    return scores;
}

}  // namespace slipway::store
