// Text in mails: encoded words of headers (RFC 2047), quoted-printable and base64 of bodies (RFC 2045). Lines end in
// CRLF.
#pragma once

#include <string>
#include <string_view>

namespace slipway::store {

inline constexpr std::size_t kEncodedLineMax = 76;

bool is_printable_ascii(std::string_view text);  // spaces too

// `value` as the value of the header `name`, folded where spaces are: as it is when it is printable ASCII that nobody
// could take for an encoded word, else as encoded words of whole characters. Valid UTF-8 without line ends.
std::string header_line(std::string_view name, std::string_view value);
// Encoded words, a line each: the first one behind `column` bytes of its line.
std::string encoded_words(std::string_view text, std::size_t column);
// Of a display name: atoms, a quoted string, or encoded words.
std::string phrase(std::string_view name, std::size_t column);

// CRLF, CR and LF are all line ends of the text.
std::string quoted_printable(std::string_view text);
std::string base64_lines(std::string_view text);

}  // namespace slipway::store
