// From text to index terms, the same for every adapter: Unicode words, case and accents folded, stop words kept out,
// stemmed by language (Snowball). Runs of Han, Hiragana, Katakana and Thai become overlapping pairs of characters.
//
// A word is a run of letters, digits and marks. An apostrophe between letters belongs to the word and leaves no trace
// in the term
// ("don't" → "dont"), but separates in French, Italian and Catalan (l'homme). A hyphen separates: "well-being" is two
// words. A point or comma between digits belongs to the number ("3.14").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {

struct Term {
    std::string text;          // the folded and stemmed form that is indexed
    std::size_t offset = 0;    // of the word in the text, in bytes
    std::size_t length = 0;    // of the whole word, in bytes
    std::size_t position = 0;  // counting words, stop words included
};

inline constexpr std::size_t kWordCharactersMax = 64;  // longer words are cut
inline constexpr std::size_t kTermsMax = 1 << 18;      // of one text; what follows is not indexed

// Increase it when the terms of any text change: indexes built by another version must be rebuilt.
inline constexpr int kAnalyserVersion = 1;

// `language` is a Snowball name ("english", "german") or "none"; an unknown one counts as "none". Thread safe. Invalid
// UTF-8 separates words. Stop words are left out unless nothing else is there. Each thread remembers recent words
// (about 2 MB per language).
std::vector<Term> analyse(std::string_view text, std::string_view language);
bool is_language(std::string_view language);
// Case-folded, accents removed: "Çafé" → "cafe".
std::string fold(std::string_view text);

}  // namespace slipway::store
