#include "knowledge/snippet.h"

#include <ranges>
#include <set>
#include <tuple>

#include "base/sentence.h"
#include "base/text.h"
#include "store/index/analyser.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kPassageBytesMax = 32 << 10;
constexpr std::size_t kCharactersBeforeHit = 60;  // when the stretch does not begin with a sentence
constexpr std::size_t kCandidatesMax = 512;

struct Hit {
    std::size_t offset;
    std::size_t end;
    std::size_t term;
};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t forward(std::string_view text, std::size_t at, std::size_t characters) {
    for (; at < text.size(); ++at)
        if (!is_continuation(text[at]) && characters-- == 0) return at;
    return text.size();
}

std::size_t backward(std::string_view text, std::size_t at, std::size_t characters) {
    while (at > 0 && characters > 0)
        if (!is_continuation(text[--at])) --characters;
    return at;
}

std::vector<Hit> hits_in(std::string_view text, std::span<const std::string> terms, std::string_view language) {
    std::unordered_map<std::string_view, std::size_t> wanted;
    for (std::size_t i = 0; i < terms.size(); ++i) wanted.emplace(terms[i], i);
    std::vector<Hit> hits;
    for (const auto& term : store::analyse(text, language))
        if (const auto found = wanted.find(term.text); found != wanted.end())
            hits.push_back({term.offset, term.offset + term.length, found->second});
    return hits;
}

struct Stretch {
    std::size_t begin = 0;
    std::size_t different = 0;
    std::size_t hits = 0;
    bool at_sentence = true;

    bool filled = true;  // not just the passage's last words

    // More terms first, then a clean beginning, then more hits; of equals the one that comes to the point.
    bool better_than(const Stretch& other) const {
        return std::tuple(different, at_sentence, hits, filled, begin) >
               std::tuple(other.different, other.at_sentence, other.hits, other.filled, other.begin);
    }
};

Stretch measure(std::size_t begin, std::size_t end, bool at_sentence, const std::vector<Hit>& hits) {
    Stretch stretch{.begin = begin, .at_sentence = at_sentence};
    std::set<std::size_t> seen;
    for (const auto& hit : hits) {
        if (hit.offset < begin || hit.end > end) continue;
        ++stretch.hits;
        seen.insert(hit.term);
    }
    stretch.different = seen.size();
    return stretch;
}

// After the word that `at` may stand in the middle of.
std::size_t word_border(std::string_view text, std::size_t at, std::size_t no_later_than) {
    if (at == 0) return 0;
    const auto space = text.find_first_of(" \n\t", at);
    return space < no_later_than ? space + 1 : at;
}

Stretch best_stretch(std::string_view text, const std::vector<std::string_view>& sentences,
                     const std::vector<Hit>& hits, std::size_t length) {
    auto best = measure(0, forward(text, 0, length), true, hits);
    if (forward(text, 0, length) == text.size()) return best;
    const auto consider = [&](std::size_t begin, bool at_sentence) {
        auto stretch = measure(begin, forward(text, begin, length), at_sentence, hits);
        stretch.filled = forward(text, begin, length / 2) < text.size();
        if (stretch.hits > 0 && stretch.better_than(best)) best = stretch;
    };
    for (const auto sentence : sentences | std::views::take(kCandidatesMax))
        consider(static_cast<std::size_t>(sentence.data() - text.data()), true);
    for (const auto& hit : hits | std::views::take(kCandidatesMax))
        consider(word_border(text, backward(text, hit.offset, kCharactersBeforeHit), hit.offset), false);
    return best;
}

// The end of the stretch: the text's, a sentence's when most of the length is used and no hit lost, else a word's.
std::size_t choose_end(std::string_view text, const std::vector<std::string_view>& sentences,
                       const std::vector<Hit>& hits, std::size_t begin, std::size_t limit) {
    if (limit >= text.size()) return text.size();
    std::size_t last_hit = begin;
    for (const auto& hit : hits)
        if (hit.end <= limit) last_hit = std::max(last_hit, hit.end);
    std::size_t end = 0;
    for (const auto sentence : sentences) {
        const auto sentence_end = static_cast<std::size_t>(sentence.data() - text.data()) + sentence.size();
        if (sentence_end <= limit) end = sentence_end;
    }
    if (end >= last_hit && end > begin && (end - begin) * 5 >= (limit - begin) * 3) return end;
    const auto room = text.substr(begin, limit - begin + 1);
    const auto space = room.find_last_of(" \n\t");
    return space == std::string_view::npos || begin + space < last_hit ? limit : begin + space;
}

}  // namespace

std::vector<std::string> query_terms(std::string_view question, std::string_view language) {
    std::vector<std::string> terms;
    for (auto& term : store::analyse(question, language))
        if (std::ranges::find(terms, term.text) == terms.end()) terms.push_back(std::move(term.text));
    return terms;
}

std::string snippet(std::string_view passage, std::span<const std::string> terms, std::string_view language,
                    std::size_t characters_max) {
    const auto text = trim(cut_utf8(passage, kPassageBytesMax));
    // Room for an ellipsis at each end.
    const auto length = std::max<std::size_t>(characters_max, 16) - 2;
    const auto sentences = split_sentences(text);
    const auto hits = hits_in(text, terms, language);
    const auto best = best_stretch(text, sentences, hits, length);
    const auto end = choose_end(text, sentences, hits, best.begin, forward(text, best.begin, length));
    auto excerpt = collapse_spaces(text.substr(best.begin, end - best.begin));
    if (!best.at_sentence) excerpt.insert(0, "…");
    const bool whole_sentence = std::ranges::any_of(
        sentences, [&](auto sentence) { return sentence.data() + sentence.size() == text.data() + end; });
    if (!whole_sentence && end < text.size()) excerpt += "…";
    excerpt.shrink_to_fit();  // kept as long as an answer is written
    return excerpt;
}

}  // namespace slipway::knowledge
