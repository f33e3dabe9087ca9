#include "base/characters.h"

#include <algorithm>

#include <utf8proc.h>

#include "base/text.h"

namespace slipway {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

utf8proc_int32_t code_point_of(std::string_view text) {
    utf8proc_int32_t code_point = 0;
    utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &code_point);
    return code_point;
}

}  // namespace

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string_view cut_characters(std::string_view text, std::size_t characters_max) {
    std::size_t at = 0, whole = 0, count = 0;
    utf8proc_int32_t before = 0, state = 0;
    while (at < text.size()) {
        const auto rest = text.substr(at);
        const auto code_point = code_point_of(rest);
        if (at == 0 || utf8proc_grapheme_break_stateful(before, code_point, &state)) whole = at;
        if (count == characters_max) return text.substr(0, whole);
        at += std::max<std::size_t>(1, utf8_sequence_length(rest));
        ++count;
        before = code_point;
    }
    return text;
}

}  // namespace slipway
