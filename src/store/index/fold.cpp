#include "store/index/fold.h"

#include <array>
#include <cstdint>
#include <memory>

#include <utf8proc.h>

#include "base/text.h"
#include "store/index/analyser.h"

namespace slipway::store {
namespace {

// utf8proc orders combining marks in quadratic time, so it gets at most this much at once.
constexpr std::size_t kPieceBytes = 512;
// The longest compatibility decomposition has 18 code points (U+FDFA).
constexpr std::size_t kPieceCodePoints = kPieceBytes * 18;

constexpr int kCaseFolding =
    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
constexpr int kDecomposing = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;

bool is_accent(utf8proc_int32_t c) {
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0483 && c <= 0x0489) || (c >= 0x0591 && c <= 0x05C7) ||
           (c >= 0x0610 && c <= 0x061A) || (c >= 0x064B && c <= 0x065F) || c == 0x0670 ||
           (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
           (c >= 0xFE20 && c <= 0xFE2F);
}

std::string_view plain_letters(utf8proc_int32_t c) {
    switch (c) {
        case 0x00E6:
            return "ae";
        case 0x00F0:
        case 0x0111:
            return "d";
        case 0x00F8:
            return "o";
        case 0x00FE:
            return "th";
        case 0x0127:
            return "h";
        case 0x0131:
            return "i";
        case 0x0142:
            return "l";
        case 0x0153:
            return "oe";
        case 0x0167:
            return "t";
        default:
            return {};
    }
}

bool is_ascii(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    return true;
}

void append_lower_ascii(std::string& out, std::string_view text) {
    for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

using CodePoints = std::array<utf8proc_int32_t, kPieceCodePoints>;

// On the heap, and only of a thread that meets such text: what is thread local is touched for each thread that begins.
struct Scratch {
    CodePoints points, plain;
};

Scratch& scratch() {
    thread_local const auto mine = std::make_unique_for_overwrite<Scratch>();
    return *mine;
}

void append_composed(std::string& out, CodePoints& points, utf8proc_ssize_t count) {
    if (count <= 0) return;
    count = utf8proc_normalize_utf32(points.data(), count,
                                     static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    for (utf8proc_ssize_t i = 0; i < count; ++i)
        append_utf8(out, static_cast<char32_t>(points[static_cast<std::size_t>(i)]));
}

utf8proc_ssize_t decompose(std::string_view piece, CodePoints& points, int options) {
    return utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(piece.data()),
                              static_cast<utf8proc_ssize_t>(piece.size()), points.data(),
                              static_cast<utf8proc_ssize_t>(points.size()), static_cast<utf8proc_option_t>(options));
}

void append_case_folded_piece(std::string& out, std::string_view piece) {
    auto& points = scratch().points;
    append_composed(out, points, decompose(piece, points, kCaseFolding));
}

void append_unaccented_piece(std::string& out, std::string_view piece) {
    auto& [points, plain] = scratch();
    const auto count = decompose(piece, points, kDecomposing);
    utf8proc_ssize_t kept = 0;
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
        const auto point = points[static_cast<std::size_t>(i)];
        if (is_accent(point)) continue;
        if (const auto letters = plain_letters(point); !letters.empty()) {
            for (const char c : letters) plain[static_cast<std::size_t>(kept++)] = static_cast<unsigned char>(c);
        } else {
            plain[static_cast<std::size_t>(kept++)] = point;
        }
    }
    append_composed(out, plain, kept);
}

// The next piece: ends where a character that stands alone begins, if there is one near the limit.
std::string_view next_piece(std::string_view text) {
    if (text.size() <= kPieceBytes) return text;
    std::size_t end = kPieceBytes;
    const auto is_alone = [&](std::size_t at) { return text[at] == ' ' || text[at] == '\n'; };
    while (end > kPieceBytes / 2 && !is_alone(end)) --end;
    if (is_alone(end)) return text.substr(0, end);
    return cut_utf8(text, kPieceBytes);
}

template <typename Append>
void in_pieces(std::string& out, std::string_view text, Append append) {
    std::string valid;
    if (!is_valid_utf8(text)) text = valid = to_valid_utf8(text);
    while (!text.empty()) {
        const auto piece = next_piece(text);
        if (is_ascii(piece))
            append_lower_ascii(out, piece);
        else
            append(out, piece);
        text.remove_prefix(piece.size());
    }
}

}  // namespace

void append_case_folded(std::string& out, std::string_view text) { in_pieces(out, text, append_case_folded_piece); }
void append_unaccented(std::string& out, std::string_view text) { in_pieces(out, text, append_unaccented_piece); }

std::string fold(std::string_view text) {
    std::string folded, out;
    append_case_folded(folded, text);
    append_unaccented(out, folded);
    return out;
}

}  // namespace slipway::store
