// Words in text, by the rules of analyser.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slipway::store {

struct Word {
    std::size_t begin = 0, end = 0;  // bytes of the text, the whole word
    std::size_t cut = 0;             // where its first kWordCharactersMax characters end
    bool is_ascii = true;
    bool is_paired = false;  // a run of characters of a script that is written without spaces
};

// One pass over the text, which must outlive it.
class Segmenter {
 public:
    Segmenter(std::string_view text, bool splits_at_apostrophe) : text_(text), splits_(splits_at_apostrophe) {}
    // False at the end.
    bool next(Word& word);

 private:
    struct Character;
    Character at(std::size_t offset) const;
    bool joins(const Character& before, const Character& joint, std::size_t after) const;
    void read_word(Word& word, const Character& first);
    void read_pairs(Word& word, const Character& first);

    std::string_view text_;
    bool splits_;
    std::size_t offset_ = 0;
};

// Bytes of the character that begins there; 1 for a byte that begins none.
std::size_t character_length(std::string_view text, std::size_t offset);

}  // namespace slipway::store
