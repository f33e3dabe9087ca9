#include "app/script/string_format.h"

#include <array>
#include <cctype>

#include "app/script/lua.h"
#include "app/script/sandbox.h"

namespace slipway::app {
namespace {

struct Conversion {
    std::string flags_and_width;  // "%-5.2", without the letter
    char letter = 0;
    bool plain = false;  // no flags, width or precision
};

bool is_digit(char letter) { return std::isdigit(static_cast<unsigned char>(letter)) != 0; }

// `at` stands behind the percent sign.
Conversion read_conversion(lua_State* lua, std::string_view format, std::size_t& at) {
    const auto begin = at;
    const auto digits = [&] {
        for (int i = 0; i < 2 && at < format.size() && is_digit(format[at]); ++i) ++at;
    };
    while (at < format.size() && std::string_view("-+ #0").contains(format[at])) ++at;
    if (at - begin > 5) raise(lua, "invalid format string (too many flags)");
    digits();
    if (at < format.size() && format[at] == '.') {
        ++at;
        digits();
    }
    if (at < format.size() && is_digit(format[at]))
        raise(lua, "invalid format string (width or precision has more than 2 digits)");
    if (at >= format.size()) raise(lua, "invalid format string (ends within a conversion)");
    Conversion found;
    found.plain = at == begin;
    found.flags_and_width = "%" + std::string(format.substr(begin, at - begin));
    found.letter = format[at++];
    return found;
}

// The longest are "%99.99f" of a number with 309 digits before the point.
template <typename Value>
void print_into(ScriptText& result, const std::string& format, Value value) {
    std::array<char, 512> buffer{};
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
    const int size = std::snprintf(buffer.data(), buffer.size(), format.c_str(), value);
#pragma clang diagnostic pop
    if (size > 0)
        result.append(
            std::string_view(buffer.data(), std::min<std::size_t>(static_cast<std::size_t>(size), buffer.size() - 1)));
}

void append_text(lua_State* lua, const Conversion& conversion, int argument, ScriptText& result) {
    const auto text = push_as_text(lua, argument);
    const auto dot = conversion.flags_and_width.find('.');
    if (conversion.plain || (dot == std::string::npos && text.size() >= 100)) {
        result.append(text);
    } else {
        if (text.find('\0') != std::string_view::npos)
            raise(lua, "bad argument #{} to 'format' (string contains zeros)", argument);
        print_into(result, conversion.flags_and_width + "s", std::string(text).c_str());
    }
    lua_pop(lua, 1);
}

void append_conversion(lua_State* lua, const Conversion& conversion, int argument, ScriptText& result) {
    switch (conversion.letter) {
        case 'c': {
            const auto code = static_cast<char>(luaL_checkinteger(lua, argument));
            if (conversion.plain) return result.append(code);
            return print_into(result, conversion.flags_and_width + "c", code);
        }
        case 'd':
        case 'i':
        case 'o':
        case 'x':
        case 'X':
            return print_into(result, conversion.flags_and_width + "ll" + conversion.letter,
                              luaL_checkinteger(lua, argument));
        case 'a':
        case 'A':
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
            return print_into(result, conversion.flags_and_width + conversion.letter, luaL_checknumber(lua, argument));
        case 's':
            return append_text(lua, conversion, argument, result);
        default:
            raise(lua, "invalid conversion '{}{}' to 'format'", conversion.flags_and_width, conversion.letter);
    }
}

}  // namespace

int string_format(lua_State* lua) {
    const auto format = text_at(lua, 1);
    const int count = lua_gettop(lua);
    ScriptText result(lua);
    int argument = 1;
    for (std::size_t at = 0; at < format.size();) {
        const char letter = format[at++];
        if (letter != '%') {
            result.append(letter);
            continue;
        }
        if (at < format.size() && format[at] == '%') {
            result.append('%');
            ++at;
            continue;
        }
        const auto conversion = read_conversion(lua, format, at);
        if (++argument > count) raise(lua, "bad argument #{} to 'format' (no value)", argument);
        append_conversion(lua, conversion, argument, result);
    }
    return result.push();
}

}  // namespace slipway::app
