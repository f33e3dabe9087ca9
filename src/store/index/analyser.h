// From text to index terms, the same for every adapter: Unicode words, case and accents folded, stop words kept out, stemmed by
// language (Snowball). Runs of Han, Hiragana, Katakana and Thai become overlapping pairs of characters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {

struct Term {
    std::string text;       // the folded and stemmed form that is indexed
    std::size_t offset = 0; // of the word in the text, in bytes
    std::size_t length = 0;
    std::size_t position = 0;  // counting words, stop words included
};

// `language` is a Snowball name ("english", "german") or "none". Thread safe. Words over 64 characters are cut.
// Stop words are left out unless nothing else is there.
std::vector<Term> analyse(std::string_view text, std::string_view language);
bool is_language(std::string_view language);
// Case-folded, accents removed: "Çafé" → "cafe".
std::string fold(std::string_view text);

}  // namespace slipway::store
