// Lengths as people count them: in characters, not in bytes. A character is a code point of valid UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace slipway {

std::size_t count_characters(std::string_view text);
// At most `characters_max` characters from the front. What a reader sees as one (a letter with its accents, an emoji of
// several parts) is not cut in two: it is left out when it does not fit as a whole.
std::string_view cut_characters(std::string_view text, std::size_t characters_max);

}  // namespace slipway
