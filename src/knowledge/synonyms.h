// Words that mean the same or belong together, from a file of the application: people rarely ask in the words of the
// document.
//
// One rule a line (the form that Solr reads); `#` begins a comment; UTF-8; upper and lower case are the same:
//     partner, spouse, husband      each of these also finds the others
//     broke => no money, debt       a question with the left side also finds the right side, not the other way round
// Left of => there may be several, separated by commas. A side is a word or a phrase; inflections are the business of
// the stemmer.
//
// A phrase of the question is recognised word by word, stop words included ("look after" is not "look"). Rules are
// applied once: what a rule adds does not call for further rules.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "store/index/index.h"

namespace slipway::knowledge {

// Relative to a word of the question. A synonym widens; it must not outweigh what was said.
inline constexpr double kSynonymWeight = 0.5;

struct SynonymLimits {
    static constexpr std::size_t file_bytes = 4 << 20;
    static constexpr std::size_t rules = 50'000;
    static constexpr std::size_t phrases_per_rule = 64;
    static constexpr std::size_t phrase_bytes = 256;
    static constexpr std::size_t phrase_words = 8;
    static constexpr std::size_t expansions = 200;  // of one question; further ones are left out
};

// What may stand for the words `position` … `position + words - 1` of the question.
struct Expansion {
    std::size_t position = 0;  // as store::Term counts
    std::size_t words = 0;
    const std::string* text = nullptr;                // as the file has it; lives as long as the Synonyms
    const std::vector<std::string>* terms = nullptr;  // its index terms, none twice; the same
};

// Immutable; thread safe.
class Synonyms {
 public:
    // `invalid` with details.line for a rule that cannot be read or passes a limit.
    static Result<Synonyms> parse(std::string_view text, std::string_view language);

    // In the order of the question's words, then of the file; none twice for the same words.
    std::vector<Expansion> expand(std::string_view question) const;
    // For Query::expansions: each phrase once.
    static std::vector<store::WeightedTerm> weighted(const std::vector<Expansion>& expansions,
                                                     double weight = kSynonymWeight);

    std::size_t size() const { return left_.size(); }  // different left sides
    const std::string& language() const { return language_; }

 private:
    struct Phrase {
        std::string text;
        std::vector<std::string> words;  // with stop words, to be recognised
        std::vector<std::string> terms;  // to be searched
    };
    struct Left {
        std::vector<std::string> words;
        std::vector<std::size_t> right;  // phrases_
    };
    Result<void> add_rule(std::string_view line, std::size_t number);
    Result<std::vector<std::size_t>> read_side(std::string_view side, std::size_t number);
    void add(std::size_t phrase, const std::vector<std::size_t>& others);

    std::string language_;
    std::vector<Phrase> phrases_;
    std::unordered_map<std::string, std::size_t> phrase_by_text_;
    std::vector<Left> left_;
    std::unordered_map<std::string, std::size_t> left_by_words_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_first_word_;  // left_
};

// `not_found` when there is no such file; blocks. Messages name the file and the line.
Result<std::shared_ptr<const Synonyms>> load_synonyms(const std::filesystem::path& file, std::string_view language);

}  // namespace slipway::knowledge
