// The string library, on our own matcher (pattern.h says why), and utf8 with its work charged.
#include <algorithm>

#include "app/script/sandbox.h"
#include "app/script/state.h"
#include "app/script/string_format.h"

namespace slipway::app {
namespace {

// 1-based, negative from the end, as the manual counts; 0 when before the beginning.
std::size_t start_position(lua_Integer position, std::size_t size) {
    if (position > 0) return static_cast<std::size_t>(position);
    if (position == 0) return 1;
    if (position < -static_cast<lua_Integer>(size)) return 1;
    return size + static_cast<std::size_t>(position + 1);
}

void push_capture(lua_State* lua, const PatternMatch& match, int index, std::string_view subject, std::size_t begin,
                  std::size_t end) {
    if (index >= match.captures()) {
        if (index != 0) raise(lua, "invalid capture index %{}", index + 1);
        push_text(lua, subject.substr(begin, end - begin));
        return;
    }
    const auto& capture = match.capture(index);
    if (capture.length == kCapturePosition)
        lua_pushinteger(lua, static_cast<lua_Integer>(capture.begin) + 1);
    else
        push_text(lua, subject.substr(capture.begin, static_cast<std::size_t>(capture.length)));
}

// All captures; the whole match when there are none and `whole` is set.
int push_captures(lua_State* lua, const PatternMatch& match, std::string_view subject, std::size_t begin,
                  std::size_t end, bool whole) {
    const int count = match.captures() == 0 && whole ? 1 : match.captures();
    luaL_checkstack(lua, count, "too many captures");
    for (int i = 0; i < count; ++i) push_capture(lua, match, i, subject, begin, end);
    return count;
}

int find_plain(lua_State* lua, std::string_view subject, std::string_view pattern, std::size_t start) {
    charge(lua, 1 + (subject.size() - start) / 16);
    const auto at = subject.find(pattern, start);
    if (at == std::string_view::npos) {
        lua_pushnil(lua);
        return 1;
    }
    lua_pushinteger(lua, static_cast<lua_Integer>(at) + 1);
    lua_pushinteger(lua, static_cast<lua_Integer>(at) + static_cast<lua_Integer>(pattern.size()));
    return 2;
}

int search(lua_State* lua, bool find) {
    const auto subject = text_at(lua, 1);
    auto pattern = text_at(lua, 2);
    auto start = start_position(luaL_optinteger(lua, 3, 1), subject.size()) - 1;
    if (start > subject.size()) {
        lua_pushnil(lua);
        return 1;
    }
    if (find && (lua_toboolean(lua, 4) != 0 || is_plain_pattern(pattern)))
        return find_plain(lua, subject, pattern, start);
    const bool anchored = pattern.starts_with('^');
    if (anchored) pattern.remove_prefix(1);
    PatternMatch match(subject, pattern, *state_of(lua).budget());
    for (;; ++start) {
        const auto end = match.match_at(start);
        if (end != PatternMatch::npos) {
            if (!find) return push_captures(lua, match, subject, start, end, true);
            lua_pushinteger(lua, static_cast<lua_Integer>(start) + 1);
            lua_pushinteger(lua, static_cast<lua_Integer>(end));
            return push_captures(lua, match, subject, start, end, false) + 2;
        }
        if (start >= subject.size() || anchored) break;
    }
    lua_pushnil(lua);
    return 1;
}

int string_find(lua_State* lua) { return search(lua, true); }
int string_match(lua_State* lua) { return search(lua, false); }

// Upvalues: subject, pattern, place to go on, end of the last match (so that an empty match does not stand directly
// behind it).
int next_match(lua_State* lua) {
    const auto subject = text_at(lua, lua_upvalueindex(1));
    const auto pattern = text_at(lua, lua_upvalueindex(2));
    const auto last = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(4)));
    PatternMatch match(subject, pattern, *state_of(lua).budget());
    for (auto at = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(3))); at <= subject.size(); ++at) {
        const auto end = match.match_at(at);
        if (end == PatternMatch::npos || end == last) continue;
        lua_pushinteger(lua, static_cast<lua_Integer>(end));
        lua_copy(lua, -1, lua_upvalueindex(3));
        lua_replace(lua, lua_upvalueindex(4));
        return push_captures(lua, match, subject, at, end, true);
    }
    return 0;
}

int string_gmatch(lua_State* lua) {
    const auto subject = text_at(lua, 1);
    text_at(lua, 2);
    const auto start = std::min(start_position(luaL_optinteger(lua, 3, 1), subject.size()) - 1, subject.size() + 1);
    lua_settop(lua, 2);
    lua_pushinteger(lua, static_cast<lua_Integer>(start));
    lua_pushinteger(lua, -1);
    lua_pushcclosure(lua, guarded<next_match>, 4);
    return 1;
}

struct Substitution {
    lua_State* lua;
    const PatternMatch& match;
    std::string_view subject;
    std::size_t begin;
    std::size_t end;
};

void append_template(const Substitution& found, std::string_view text, ScriptText& result) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result.append(text[i]);
            continue;
        }
        const char code = ++i < text.size() ? text[i] : '\0';
        if (code == '%') {
            result.append('%');
        } else if (code == '0') {
            result.append(found.subject.substr(found.begin, found.end - found.begin));
        } else if (code >= '1' && code <= '9') {
            const int index = code - '1';
            if (index >= found.match.captures() && index != 0)
                raise(found.lua, "invalid capture index %{} in replacement string", index + 1);
            push_capture(found.lua, found.match, index, found.subject, found.begin, found.end);
            lua_tolstring(found.lua, -1, nullptr);
            result.append(text_at(found.lua, -1));
            lua_pop(found.lua, 1);
        } else {
            raise(found.lua, "invalid use of '%' in replacement string");
        }
    }
}

// The replacement is the third argument: text with %1, a table, or a function.
void append_replacement(const Substitution& found, ScriptText& result) {
    auto* lua = found.lua;
    const int kind = lua_type(lua, 3);
    if (kind == LUA_TSTRING || kind == LUA_TNUMBER) return append_template(found, text_at(lua, 3), result);
    if (kind == LUA_TFUNCTION) {
        lua_pushvalue(lua, 3);
        const int count = push_captures(lua, found.match, found.subject, found.begin, found.end, true);
        lua_call(lua, count, 1);
    } else {
        push_capture(lua, found.match, 0, found.subject, found.begin, found.end);
        lua_gettable(lua, 3);
    }
    if (lua_toboolean(lua, -1) == 0)
        result.append(found.subject.substr(found.begin, found.end - found.begin));
    else if (lua_isstring(lua, -1) != 0)
        result.append(text_at(lua, -1));
    else
        raise(lua, "invalid replacement value (a {})", luaL_typename(lua, -1));
    lua_pop(lua, 1);
}

int string_gsub(lua_State* lua) {
    const auto subject = text_at(lua, 1);
    auto pattern = text_at(lua, 2);
    const int kind = lua_type(lua, 3);
    luaL_argexpected(lua, kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE, 3,
                     "string/function/table");
    const auto most = luaL_optinteger(lua, 4, static_cast<lua_Integer>(subject.size()) + 1);
    const bool anchored = pattern.starts_with('^');
    if (anchored) pattern.remove_prefix(1);
    ScriptText result(lua);
    PatternMatch match(subject, pattern, *state_of(lua).budget());
    std::size_t at = 0;
    std::size_t last = PatternMatch::npos;
    lua_Integer count = 0;
    while (count < most) {
        const auto end = match.match_at(at);
        if (end != PatternMatch::npos && end != last) {
            ++count;
            append_replacement({lua, match, subject, at, end}, result);
            at = last = end;
        } else if (at < subject.size()) {
            result.append(subject[at++]);
        } else {
            break;
        }
        if (anchored) break;
    }
    result.append(subject.substr(at));
    result.push();
    lua_pushinteger(lua, count);
    return 2;
}

int string_rep(lua_State* lua) {
    const auto text = text_at(lua, 1);
    const auto count = luaL_checkinteger(lua, 2);
    const std::string_view separator = lua_isnoneornil(lua, 3) ? std::string_view() : text_at(lua, 3);
    ScriptText result(lua);
    if (count <= 0 || text.size() + separator.size() == 0) return result.push();
    std::size_t total = 0;
    if (__builtin_mul_overflow(text.size() + separator.size(), static_cast<std::size_t>(count), &total))
        raise(lua, "resulting string too large");
    result.reserve(total);
    for (lua_Integer i = 0; i < count; ++i) {
        if (i > 0) result.append(separator);
        result.append(text);
    }
    return result.push();
}

template <typename Change>
int changed_text(lua_State* lua, Change change) {
    const auto text = text_at(lua, 1);
    ScriptText room(lua);
    room.reserve(text.size());
    std::string result(text);
    change(result);
    push_text(lua, result);
    return 1;
}

int string_lower(lua_State* lua) {
    return changed_text(lua, [](std::string& text) {
        for (auto& letter : text) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    });
}

int string_upper(lua_State* lua) {
    return changed_text(lua, [](std::string& text) {
        for (auto& letter : text) letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
    });
}

int string_reverse(lua_State* lua) {
    return changed_text(lua, [](std::string& text) { std::reverse(text.begin(), text.end()); });
}

}  // namespace

void push_string_library(lua_State* lua) {
    luaL_requiref(lua, "string", luaopen_string, 0);
    lua_newtable(lua);
    for (const char* name : {"byte", "char", "len", "sub"}) take_function(lua, -2, name, true);
    const luaL_Reg own[] = {{"find", guarded<string_find>},       {"match", guarded<string_match>},
                            {"gmatch", guarded<string_gmatch>},   {"gsub", guarded<string_gsub>},
                            {"rep", guarded<string_rep>},         {"format", guarded<string_format>},
                            {"lower", guarded<string_lower>},     {"upper", guarded<string_upper>},
                            {"reverse", guarded<string_reverse>}, {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
    // ("x"):upper() finds the same functions; getmetatable("") finds nothing.
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 2);
    lua_remove(lua, -2);
}

void push_utf8_library(lua_State* lua) {
    luaL_requiref(lua, "utf8", luaopen_utf8, 0);
    lua_newtable(lua);
    for (const char* name : {"char", "charpattern"}) take_function(lua, -2, name);
    for (const char* name : {"codepoint", "codes", "len", "offset"}) take_function(lua, -2, name, true);
    lua_remove(lua, -2);
}

}  // namespace slipway::app
