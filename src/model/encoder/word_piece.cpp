#include "model/encoder/word_piece.h"

#include <algorithm>
#include <array>

#include <utf8proc.h>

#include "base/text.h"

namespace slipway::model::encoder {
namespace {

// CJK ideographs stand alone; kana and Hangul do not.
bool is_ideograph(utf8proc_int32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B820 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

enum class Kind : unsigned char { letter, space, alone, dropped };

Kind kind_of(utf8proc_int32_t c) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return Kind::space;
    if (c == 0 || c == 0xFFFD) return Kind::dropped;
    if (c < 128) {
        const bool punctuation =
            (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
        return punctuation ? Kind::alone : c < 32 || c == 127 ? Kind::dropped : Kind::letter;
    }
    if (is_ideograph(c)) return Kind::alone;
    switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_ZS:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
            return Kind::space;
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_CO:
        case UTF8PROC_CATEGORY_CS:
        case UTF8PROC_CATEGORY_MN:
            return Kind::dropped;
        case UTF8PROC_CATEGORY_PC:
        case UTF8PROC_CATEGORY_PD:
        case UTF8PROC_CATEGORY_PS:
        case UTF8PROC_CATEGORY_PE:
        case UTF8PROC_CATEGORY_PI:
        case UTF8PROC_CATEGORY_PF:
        case UTF8PROC_CATEGORY_PO:
            return Kind::alone;
        default:
            return Kind::letter;
    }
}

// What a character becomes: decomposed, without its accents, in lower case. A long decomposition is cut; none that a
// character of Unicode has is.
struct Folded {
    std::array<utf8proc_int32_t, 16> characters{};
    std::size_t count = 0;
};
Folded fold(utf8proc_int32_t c) {
    Folded folded;
    if (c < 128) {
        folded.characters[0] = c >= 'A' && c <= 'Z' ? c + 32 : c;
        folded.count = 1;
        return folded;
    }
    std::array<utf8proc_int32_t, 16> parts{};
    int boundary = 0;
    const auto found = utf8proc_decompose_char(c, parts.data(), parts.size(), UTF8PROC_DECOMPOSE, &boundary);
    const auto count = std::clamp<utf8proc_ssize_t>(found, 0, static_cast<utf8proc_ssize_t>(parts.size()));
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
        const auto part = parts[static_cast<std::size_t>(i)];
        if (utf8proc_category(part) == UTF8PROC_CATEGORY_MN) continue;
        folded.characters[folded.count++] = utf8proc_tolower(part);
    }
    return folded;
}

}  // namespace

std::uint32_t Vocabulary::find(std::string_view wanted) const {
    const auto at = std::ranges::lower_bound(sorted, wanted, {}, [this](std::uint32_t id) { return piece(id); });
    return at != sorted.end() && piece(*at) == wanted ? *at : kNone;
}

bool WordPiece::open(Vocabulary vocabulary) {
    vocabulary_ = vocabulary;
    begin_ = vocabulary_.find("[CLS]");
    end_ = vocabulary_.find("[SEP]");
    unknown_ = vocabulary_.find("[UNK]");
    return begin_ != Vocabulary::kNone && end_ != Vocabulary::kNone && unknown_ != Vocabulary::kNone;
}

// The longest piece from the left, again and again; a word with a part that no piece is, is unknown as a whole.
void WordPiece::append_word(std::string_view word, std::size_t characters, std::vector<std::uint32_t>& pieces) const {
    if (word.empty()) return;
    if (characters > kWordCharactersMax) {
        pieces.push_back(unknown_);
        return;
    }
    const auto before = pieces.size();
    std::string candidate;
    for (std::size_t begin = 0; begin < word.size();) {
        const std::string_view mark = begin == 0 ? "" : "##";
        candidate.assign(mark).append(word.substr(begin));
        auto found = vocabulary_.find(candidate);
        while (found == Vocabulary::kNone && candidate.size() > mark.size() + 1) {
            const auto shorter = cut_utf8(candidate, candidate.size() - 1).size();
            if (shorter <= mark.size()) break;
            candidate.resize(shorter);
            found = vocabulary_.find(candidate);
        }
        if (found == Vocabulary::kNone) {
            pieces.resize(before);
            pieces.push_back(unknown_);
            return;
        }
        pieces.push_back(found);
        begin += candidate.size() - mark.size();
    }
}

std::vector<std::uint32_t> WordPiece::encode(std::string_view text, std::size_t limit) const {
    std::vector<std::uint32_t> pieces{begin_};
    std::string word;
    std::size_t characters = 0;
    const auto end_word = [&] {
        append_word(word, characters, pieces);
        word.clear();
        characters = 0;
    };
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0 && pieces.size() < limit) {
        utf8proc_int32_t c = 0;
        const auto length = utf8proc_iterate(at, left, &c);
        if (length <= 0) break;
        at += length;
        left -= length;
        const auto kind = kind_of(c);
        if (kind == Kind::dropped) continue;
        if (kind != Kind::letter) end_word();
        if (kind == Kind::space) continue;
        const auto folded = fold(c);
        for (std::size_t i = 0; i < folded.count; ++i) {
            // Decomposing can bring forth punctuation (U+037E is a semicolon).
            const bool alone = kind_of(folded.characters[i]) == Kind::alone;
            if (alone) end_word();
            // Beyond the limit only the count matters: a word without an end must not grow the process.
            if (++characters <= kWordCharactersMax) append_utf8(word, static_cast<char32_t>(folded.characters[i]));
            if (alone) end_word();
        }
    }
    end_word();
    if (pieces.size() > limit - 1) pieces.resize(limit - 1);
    pieces.push_back(end_);
    return pieces;
}

}  // namespace slipway::model::encoder
