#include "knowledge/phrase.h"

#include <algorithm>

#include "store/index/analyser.h"

namespace slipway::knowledge {
namespace {

void put_terms(std::vector<store::Term> terms, std::vector<std::string>& words) {
    for (auto& term : terms) {
        if (term.position >= words.size()) words.resize(term.position + 1);
        words[term.position] = std::move(term.text);
    }
}

}  // namespace

std::vector<std::string> phrase_words(std::string_view text, std::string_view language) {
    std::vector<std::string> words;
    // Without a language nothing is a stop word, and the positions are the same.
    put_terms(store::analyse(text, "none"), words);
    put_terms(store::analyse(text, language), words);
    return words;
}

bool stands_at(const std::vector<std::string>& phrase, const std::vector<std::string>& words, std::size_t at) {
    return !phrase.empty() && at + phrase.size() <= words.size() &&
           std::equal(phrase.begin(), phrase.end(), words.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace slipway::knowledge
