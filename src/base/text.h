// Text. All text inside the program is valid UTF-8; what comes from outside is checked where it enters.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

bool is_valid_utf8(std::string_view text);
// How many bytes the character at the front has, 1 to 4; 0 when they are not valid UTF-8.
std::size_t utf8_sequence_length(std::string_view text);
// Invalid sequences become U+FFFD.
std::string to_valid_utf8(std::string_view bytes);
// At most `bytes_max` bytes, never cutting a character in two.
std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);
// Appends a code point as UTF-8; surrogates and values above U+10FFFF become U+FFFD.
void append_utf8(std::string& text, char32_t code_point);

std::string_view trim(std::string_view text);
std::string lower_ascii(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII
std::string replace_all(std::string text, std::string_view what, std::string_view with);
// Empty parts are kept: split("a,,b", ',') has three.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
// Runs of white space become one space; none at the ends.
std::string collapse_spaces(std::string_view text);

// The candidate closest to `word` by edit distance, or empty when none is near enough to be worth suggesting.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace slipway
