#include "store/mail/encoding.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::store {
namespace {

constexpr std::size_t kHeaderLineMax = 78;
constexpr std::string_view kFold = "\r\n ";
constexpr std::string_view kWordBegin = "=?UTF-8?B?", kWordEnd = "?=";
constexpr std::size_t kEncodedWordMax = 75;  // RFC 2047, and 76 for its line

// Four letters of base64 for three bytes, and room for one character at least.
constexpr std::size_t word_bytes(std::size_t column) {
    constexpr std::size_t kFrame = kWordBegin.size() + kWordEnd.size(), kCharacterMax = 4, kLetters = 8;
    return column + kFrame + kLetters > kEncodedWordMax ? kCharacterMax : (kEncodedWordMax - column - kFrame) / 4 * 3;
}

bool is_atom_character(char c) {
    constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~ ";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kOthers.contains(c);
}

// At spaces, before a line is too long; a word that is too long alone stays whole.
std::string folded(std::string_view name, std::string_view value) {
    std::string lines(name);
    lines += ':';
    std::size_t column = lines.size();
    while (!value.empty()) {
        // With the spaces before it, so that unfolding gives them back.
        const auto begin = std::min(value.find_first_not_of(' '), value.size());
        const auto end = std::min(value.find(' ', begin), value.size());
        const auto word = value.substr(0, end);
        const bool first = column == name.size() + 1;
        if (!first && begin > 0 && begin < value.size() && column + word.size() > kHeaderLineMax) {
            lines += "\r\n";
            column = 0;
        }
        if (first) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += word.size();
        value.remove_prefix(end);
    }
    return lines + "\r\n";
}

// Written as it is, at this place of a line? (`last`: nothing follows in its line.)
bool is_plain(char c, bool at_begin, bool last) {
    if (c == ' ' || c == '\t') return !last;
    // A dot or "From " at the begin of a line means something to those on the way.
    if (at_begin && (c == '.' || c == 'F')) return false;
    return c > 0x20 && c < 0x7F && c != '=';
}

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(end);
    if (text.starts_with("\r\n"))
        text.remove_prefix(2);
    else if (!text.empty())
        text.remove_prefix(1);
    return line;
}

}  // namespace

bool is_printable_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string encoded_words(std::string_view text, std::size_t column) {
    std::string words;
    while (!text.empty()) {
        const auto part = cut_utf8(text, word_bytes(words.empty() ? column : 1));
        text.remove_prefix(part.size());
        if (!words.empty()) words += kFold;
        words += kWordBegin;
        words += to_base64(part);
        words += kWordEnd;
    }
    return words;
}

std::string header_line(std::string_view name, std::string_view value) {
    const bool has_long_word = std::ranges::any_of(
        split(value, ' '), [](std::string_view word) { return word.size() > 998 - kHeaderLineMax; });
    if (is_printable_ascii(value) && !value.contains("=?") && !has_long_word) return folded(name, value);
    return fmt::format("{}: {}\r\n", name, encoded_words(value, name.size() + 2));
}

std::string phrase(std::string_view name, std::size_t column) {
    if (!is_printable_ascii(name) || name.contains("=?")) return encoded_words(name, column);
    if (std::ranges::all_of(name, is_atom_character) && name.front() != ' ' && name.back() != ' ' &&
        !name.contains("  "))
        return std::string(name);
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

std::string quoted_printable(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size() + text.size() / 16);
    while (!text.empty()) {
        const auto line = take_line(text);
        std::size_t column = 0;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const char c = line[i];
            const bool last = i + 1 == line.size();
            bool plain = is_plain(c, column == 0, last);
            if (column + (plain ? 1 : 3) > kEncodedLineMax - 1) {
                encoded += "=\r\n";
                column = 0;
                plain = is_plain(c, true, last);
            }
            encoded += plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
            column += plain ? 1 : 3;
        }
        encoded += "\r\n";
    }
    return encoded;
}

std::string base64_lines(std::string_view text) {
    constexpr std::size_t kBytesPerLine = kEncodedLineMax / 4 * 3;
    std::string whole, lines;
    while (!text.empty()) {
        whole += take_line(text);
        whole += "\r\n";
    }
    lines.reserve(whole.size() * 3 / 2);
    for (std::string_view rest = whole; !rest.empty();) {
        const auto part = rest.substr(0, kBytesPerLine);
        rest.remove_prefix(part.size());
        lines += to_base64(part);
        lines += "\r\n";
    }
    return lines;
}

}  // namespace slipway::store
