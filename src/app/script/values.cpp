#include "app/script/values.h"

#include <array>
#include <cmath>
#include <map>

#include "app/script/lua.h"
#include "app/script/state.h"
#include "base/text.h"

namespace slipway::app {
namespace {

std::array<char, 4> mark_keys;  // their addresses are the keys in the registry

void* key_of(ScriptMark mark) { return &mark_keys.at(static_cast<std::size_t>(mark)); }

void push_at(lua_State* lua, const json::value& value, int depth) {
    if (depth > kScriptValueDepthMax + 2)
        raise(lua, "a value is nested more than {} levels deep", kScriptValueDepthMax);
    luaL_checkstack(lua, 4, "a value is nested too deeply");
    switch (value.kind()) {
        case json::kind::null:
            push_null(lua);
            return;
        case json::kind::bool_:
            lua_pushboolean(lua, value.get_bool());
            return;
        case json::kind::int64:
            lua_pushinteger(lua, value.get_int64());
            return;
        case json::kind::uint64:
            if (value.get_uint64() <= INT64_MAX)
                lua_pushinteger(lua, static_cast<lua_Integer>(value.get_uint64()));
            else
                lua_pushnumber(lua, static_cast<lua_Number>(value.get_uint64()));
            return;
        case json::kind::double_:
            lua_pushnumber(lua, value.get_double());
            return;
        case json::kind::string:
            push_text(lua, value.get_string());
            return;
        case json::kind::array: {
            const auto& list = value.get_array();
            lua_createtable(lua, static_cast<int>(std::min<std::size_t>(list.size(), 1 << 20)), 0);
            lua_Integer index = 0;
            for (const auto& item : list) {
                push_at(lua, item, depth + 1);
                lua_rawseti(lua, -2, ++index);
            }
            set_mark(lua, -1, ScriptMark::array);
            return;
        }
        case json::kind::object: {
            const auto& object = value.get_object();
            lua_createtable(lua, 0, static_cast<int>(std::min<std::size_t>(object.size(), 1 << 20)));
            for (const auto& [name, item] : object) {
                push_text(lua, name);
                push_at(lua, item, depth + 1);
                lua_rawset(lua, -3);
            }
            return;
        }
    }
}

void account(lua_State* lua, std::size_t bytes) {
    charge(lua, 1 + bytes / 32);
    auto* budget = state_of(lua).budget();
    if (budget && !budget->charge_output(bytes)) raise_limit(lua);
}

std::string read_text(lua_State* lua, int index) {
    std::size_t size = 0;
    const char* data = lua_tolstring(lua, index, &size);
    account(lua, size + 2);
    const std::string_view text(data, size);
    return is_valid_utf8(text) ? std::string(text) : to_valid_utf8(text);
}

json::value read_at(lua_State* lua, int index, int depth);

// The list is at `index`; every key must be one of 1…n.
json::value read_list(lua_State* lua, int index, int depth) {
    const auto count = static_cast<lua_Integer>(lua_rawlen(lua, index));
    lua_Integer seen = 0;
    for (lua_pushnil(lua); lua_next(lua, index) != 0; lua_pop(lua, 1)) {
        charge(lua, 1);
        if (!lua_isinteger(lua, -2) || lua_tointeger(lua, -2) < 1 || lua_tointeger(lua, -2) > count)
            raise(lua, "a table with list items and other keys is not JSON");
        ++seen;
    }
    if (seen != count) raise(lua, "a list with holes is not JSON; use null for an empty place");
    json::array list;
    list.reserve(static_cast<std::size_t>(count));
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_rawgeti(lua, index, i);
        list.push_back(read_at(lua, lua_gettop(lua), depth + 1));
        lua_pop(lua, 1);
    }
    return list;
}

json::value read_object(lua_State* lua, int index, int depth) {
    std::map<std::string, json::value> fields;  // in a fixed order; that of Lua differs from state to state
    for (lua_pushnil(lua); lua_next(lua, index) != 0; lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TSTRING)
            raise(lua, "a table with a {} as key is not JSON", luaL_typename(lua, -2));
        auto name = read_text(lua, -2);
        fields.insert_or_assign(std::move(name), read_at(lua, lua_gettop(lua), depth + 1));
    }
    json::object object;
    object.reserve(fields.size());
    for (auto& [name, value] : fields) object.emplace(name, std::move(value));
    return object;
}

json::value read_at(lua_State* lua, int index, int depth) {
    if (depth > kScriptValueDepthMax)
        raise(lua, "a table is nested more than {} levels deep, or contains itself", kScriptValueDepthMax);
    luaL_checkstack(lua, 4, "a table is nested too deeply");
    account(lua, 2);
    switch (lua_type(lua, index)) {
        case LUA_TNIL:
            return nullptr;
        case LUA_TBOOLEAN:
            return lua_toboolean(lua, index) != 0;
        case LUA_TNUMBER: {
            if (lua_isinteger(lua, index)) return static_cast<std::int64_t>(lua_tointeger(lua, index));
            const double number = lua_tonumber(lua, index);
            if (!std::isfinite(number)) raise(lua, "the number {} is not JSON", number);
            return number;
        }
        case LUA_TSTRING:
            return json::value(read_text(lua, index));
        case LUA_TTABLE:
            return has_mark(lua, index, ScriptMark::array) || lua_rawlen(lua, index) > 0
                       ? read_list(lua, index, depth)
                       : read_object(lua, index, depth);
        default:
            if (is_null(lua, index)) return nullptr;
            raise(lua, "a {} is not JSON", luaL_typename(lua, index));
    }
}

int error_to_text(lua_State* lua) {
    lua_pushliteral(lua, "message");
    lua_rawget(lua, 1);
    return 1;
}

}  // namespace

void push_json(lua_State* lua, const json::value& value) { push_at(lua, value, 0); }

void push_value(lua_State* lua, const json::value& value) {
    value.is_null() ? lua_pushnil(lua) : push_json(lua, value);
}

json::value read_json(lua_State* lua, int index) { return read_at(lua, lua_absindex(lua, index), 0); }

void push_null(lua_State* lua) { lua_pushlightuserdata(lua, nullptr); }

bool is_null(lua_State* lua, int index) {
    return lua_islightuserdata(lua, index) && lua_touserdata(lua, index) == nullptr;
}

void open_values(lua_State* lua) {
    for (const auto mark : {ScriptMark::array, ScriptMark::error, ScriptMark::response, ScriptMark::events}) {
        lua_newtable(lua);
        lua_pushboolean(lua, 0);
        lua_setfield(lua, -2, "__metatable");
        if (mark == ScriptMark::error) {
            lua_pushcfunction(lua, error_to_text);
            lua_setfield(lua, -2, "__tostring");
        }
        lua_rawsetp(lua, LUA_REGISTRYINDEX, key_of(mark));
    }
}

void set_mark(lua_State* lua, int index, ScriptMark mark) {
    const int table = lua_absindex(lua, index);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, key_of(mark));
    lua_setmetatable(lua, table);
}

bool has_mark(lua_State* lua, int index, ScriptMark mark) {
    if (lua_type(lua, index) != LUA_TTABLE || lua_getmetatable(lua, index) == 0) return false;
    lua_rawgetp(lua, LUA_REGISTRYINDEX, key_of(mark));
    const bool same = lua_rawequal(lua, -1, -2) != 0;
    lua_pop(lua, 2);
    return same;
}

void push_error(lua_State* lua, const Error& error) {
    lua_createtable(lua, 0, 3);
    push_text(lua, to_string(error.code));
    lua_setfield(lua, -2, "code");
    push_text(lua, error.message);
    lua_setfield(lua, -2, "message");
    push_json(lua, json::value(error.details));
    lua_setfield(lua, -2, "details");
    set_mark(lua, -1, ScriptMark::error);
}

bool read_error(lua_State* lua, int index, Error& error) {
    const int table = lua_absindex(lua, index);
    if (lua_type(lua, table) != LUA_TTABLE) return false;
    const auto field = [&](const char* name) {
        lua_pushstring(lua, name);
        lua_rawget(lua, table);
        return lua_type(lua, -1);
    };
    const bool coded = field("code") == LUA_TSTRING;
    const auto code = coded ? error_code_from(lua_tostring(lua, -1)) : std::nullopt;
    lua_pop(lua, 1);
    if (!code) return false;
    error.code = *code;
    if (field("message") == LUA_TSTRING) error.message = read_text(lua, -1);
    if (error.message.empty()) error.message = std::string(to_string(*code));
    lua_pop(lua, 1);
    if (field("details") == LUA_TTABLE) {
        auto details = read_at(lua, lua_gettop(lua), 0);
        if (details.is_object()) error.details = std::move(details.get_object());
    }
    lua_pop(lua, 1);
    return true;
}

}  // namespace slipway::app
