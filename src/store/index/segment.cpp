#include "store/index/segment.h"

#include <array>

#include <utf8proc.h>

#include "store/index/analyser.h"

namespace slipway::store {
namespace {

enum class Kind : unsigned char { separator, letter, digit, mark, pairing, apostrophe, point };

constexpr std::array<Kind, 128> kAscii = [] {
    std::array<Kind, 128> kinds{};
    for (std::size_t c = 0; c < kinds.size(); ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        kinds[c] = letter ? Kind::letter : digit ? Kind::digit : Kind::separator;
    }
    kinds['\''] = Kind::apostrophe;
    kinds['.'] = kinds[','] = Kind::point;
    return kinds;
}();

bool is_ascii_word(unsigned char ascii) { return kAscii[ascii] == Kind::letter || kAscii[ascii] == Kind::digit; }

// Unicode blocks of Han, Hiragana, Katakana and Thai.
bool is_paired_script(utf8proc_int32_t c) {
    if (c < 0x0E00) return false;
    return (c >= 0x0E00 && c <= 0x0E7F) || (c >= 0x2E80 && c <= 0x2FDF) || (c >= 0x3005 && c <= 0x3007) ||
           (c >= 0x3021 && c <= 0x3029) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x31F0 && c <= 0x31FF) ||
           (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFF66 && c <= 0xFF9F) || (c >= 0x1B000 && c <= 0x1B16F) || (c >= 0x20000 && c <= 0x3FFFD);
}

Kind kind_of(utf8proc_int32_t c) {
    if (c == 0x2019 || c == 0x02BC || c == 0xFF07) return Kind::apostrophe;
    switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
            return is_paired_script(c) ? Kind::pairing : Kind::letter;
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO:
            return c == 0x3007 ? Kind::pairing : Kind::digit;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_CF:
            return Kind::mark;  // format characters (soft hyphen, joiners) do not break a word
        default:
            return Kind::separator;
    }
}

}  // namespace

struct Segmenter::Character {
    Kind kind = Kind::separator;
    std::size_t length = 1;
};

std::size_t character_length(std::string_view text, std::size_t offset) {
    utf8proc_int32_t point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + offset),
                                         static_cast<utf8proc_ssize_t>(text.size() - offset), &point);
    return length > 0 ? static_cast<std::size_t>(length) : 1;
}

Segmenter::Character Segmenter::at(std::size_t offset) const {
    if (offset >= text_.size()) return {Kind::separator, 0};
    const auto byte = static_cast<unsigned char>(text_[offset]);
    if (byte < 0x80) return {kAscii[byte], 1};
    utf8proc_int32_t point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + offset),
                                         static_cast<utf8proc_ssize_t>(text_.size() - offset), &point);
    if (length <= 0) return {Kind::separator, 1};
    return {kind_of(point), static_cast<std::size_t>(length)};
}

bool Segmenter::next(Word& word) {
    while (offset_ < text_.size()) {
        if (const auto byte = static_cast<unsigned char>(text_[offset_]); byte < 0x80 && !is_ascii_word(byte)) {
            ++offset_;
            continue;
        }
        const auto character = at(offset_);
        if (character.kind == Kind::letter || character.kind == Kind::digit) {
            read_word(word, character);
            return true;
        }
        if (character.kind == Kind::pairing) {
            read_pairs(word, character);
            return true;
        }
        offset_ += character.length;
    }
    return false;
}

// An apostrophe between letters, a point or comma between digits.
bool Segmenter::joins(const Character& before, const Character& joint, std::size_t after) const {
    if (joint.kind == Kind::apostrophe)
        return !splits_ && before.kind == Kind::letter && at(after).kind == Kind::letter;
    return joint.kind == Kind::point && before.kind == Kind::digit && at(after).kind == Kind::digit;
}

void Segmenter::read_word(Word& word, const Character& first) {
    word = {.begin = offset_, .end = offset_, .cut = 0, .is_ascii = true, .is_paired = false};
    std::size_t characters = 0;
    auto last = first;  // letter or digit; marks belong to it
    for (auto character = first;; character = at(offset_)) {
        const bool counts = character.kind == Kind::letter || character.kind == Kind::digit;
        if (!counts && character.kind != Kind::mark && !joins(last, character, offset_ + character.length)) break;
        if (character.length > 1) word.is_ascii = false;
        if (counts) last = character;
        offset_ += character.length;
        if (++characters == kWordCharactersMax) word.cut = offset_;
        // Most of a word needs no look at what stands around.
        for (; offset_ < text_.size(); ++offset_) {
            const auto byte = static_cast<unsigned char>(text_[offset_]);
            if (byte >= 0x80 || !is_ascii_word(byte)) break;
            last = {kAscii[byte], 1};
            if (++characters == kWordCharactersMax) word.cut = offset_ + 1;
        }
    }
    word.end = offset_;
    if (characters < kWordCharactersMax) word.cut = offset_;
}

void Segmenter::read_pairs(Word& word, const Character& first) {
    word = {.begin = offset_, .end = offset_, .cut = 0, .is_ascii = false, .is_paired = true};
    for (auto character = first; character.kind == Kind::pairing || character.kind == Kind::mark;
         character = at(offset_))
        offset_ += character.length;
    word.end = word.cut = offset_;
}

}  // namespace slipway::store
