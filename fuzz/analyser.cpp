// First line: a language; the rest: text, valid or not. Terms lie where they say, in order, and folding is done once.
// Sentences leave nothing out, and tokens are counted, never more than a few a byte.
#include "store/index/analyser.h"

#include "base/sentence.h"
#include "base/text.h"
#include "knowledge/snippet.h"
#include "model/tokens.h"
#include "target.h"

namespace {

using namespace slipway;

void check_terms(std::string_view text, std::string_view language) {
    std::size_t offset = 0, position = 0;
    bool first = true;
    for (const auto& term : store::analyse(text, language)) {
        fuzz::require(!term.text.empty() && is_valid_utf8(term.text), "a term is text");
        fuzz::require(term.length > 0 && term.offset <= text.size() && term.length <= text.size() - term.offset,
                      "a term lies inside the text");
        fuzz::require(is_valid_utf8(text.substr(term.offset, term.length)), "a term is cut between characters");
        fuzz::require(first || (term.offset >= offset && term.position >= position), "terms stand in order");
        offset = term.offset;
        position = term.position;
        first = false;
    }
}

void check_sentences(std::string_view text) {
    for (const bool lines : {true, false}) {
        std::size_t at = 0;
        const auto blank = [&](std::size_t from, std::size_t to) {
            return text.substr(from, to - from).find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
        };
        const auto sentences = split_sentences(text, {.line_ends_sentence = lines});
        for (const auto sentence : sentences) {
            const auto begin = static_cast<std::size_t>(sentence.data() - text.data());
            fuzz::require(!sentence.empty() && begin >= at && begin + sentence.size() <= text.size(), "in order");
            fuzz::require(is_valid_utf8(sentence), "a sentence is cut between characters");
            fuzz::require(is_valid_utf8(text.substr(at, begin - at)) &&
                              (text.substr(at, begin - at).size() > 64 || blank(at, begin) ||
                               text.substr(at, begin - at).find_first_not_of(" \t\r\n\v\f") > 0),
                          "only white space is left out");
            at = begin + sentence.size();
        }
    }
}

}  // namespace

SLIPWAY_FUZZ_TARGET(analyser) {
    const auto [language, bytes] = fuzz::split_line(input);
    check_terms(bytes, language);
    const auto text = to_valid_utf8(bytes);
    check_terms(text, language);
    const auto folded = store::fold(text);
    fuzz::require(is_valid_utf8(folded), "folded text is text");
    fuzz::require(store::fold(folded) == folded, "folding is done once");
    check_sentences(text);
    const auto tokens = model::estimate_tokens(std::string_view(text));
    fuzz::require(tokens >= 0 && tokens <= static_cast<std::int64_t>(text.size() + 1), "at most one token a byte");
    const auto terms = knowledge::query_terms(text, language);
    const auto piece = knowledge::snippet(text, terms, language, 80);
    fuzz::require(is_valid_utf8(piece) && piece.size() <= 4 * 80 + 16, "a snippet is short");
}
