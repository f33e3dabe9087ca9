#include "app/script/sandbox.h"

#include "app/script/call.h"
#include "app/script/state.h"
#include "app/script/values.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

namespace slipway::app {
namespace {

constexpr std::size_t kLogLineBytesMax = 4096;
char environment_key;
char modules_key;

int refuse_writing(lua_State* lua) {
    raise(lua, "{} is locked: it cannot be changed", lua_tostring(lua, lua_upvalueindex(1)));
}

// (environment, name, value); upvalue 1 is the table behind the environment.
int assign_global(lua_State* lua) {
    if (!state_of(lua).loading())
        raise(lua, "the global '{}' cannot be set once the files are loaded; use a local variable",
              lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?");
    lua_settop(lua, 3);
    lua_rawset(lua, lua_upvalueindex(1));
    return 0;
}

int to_text(lua_State* lua) {
    luaL_checkany(lua, 1);
    push_as_text(lua, 1);
    return 1;
}

int print(lua_State* lua) {
    const int count = lua_gettop(lua);
    std::string line;
    for (int i = 1; i <= count && line.size() < kLogLineBytesMax; ++i) {
        const auto text = push_as_text(lua, i);
        if (i > 1) line += '\t';
        line += text.substr(0, kLogLineBytesMax);
        lua_pop(lua, 1);
    }
    charge(lua, 100 + line.size());
    auto& state = state_of(lua);
    if (state.budget() && !state.budget()->charge_log_line()) return 0;
    lua_Debug place{};
    std::string where;
    if (lua_getstack(lua, 1, &place) != 0 && lua_getinfo(lua, "Sl", &place) != 0)
        where = fmt::format("{}:{}", place.short_src, place.currentline);
    json::object fields{{"text", to_valid_utf8(cut_utf8(line, kLogLineBytesMax))}, {"place", where}};
    if (state.lane()) fields["request_id"] = state.lane()->call().context->request_id;
    log::info("script", std::move(fields));
    return 0;
}

// __gc would run with the instruction hook switched off.
int set_metatable(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argexpected(lua, lua_isnoneornil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
    if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL) raise(lua, "cannot change a protected metatable");
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL) raise(lua, "finalizers (__gc) are not available");
        lua_pop(lua, 1);
    }
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

int raw_set(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    luaL_checkany(lua, 3);
    if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
        raise(lua, "a table with a protected metatable cannot be changed by rawset");
    lua_settop(lua, 3);
    lua_rawset(lua, 1);
    return 1;
}

int collect_garbage(lua_State* lua) {
    const char* option = luaL_optstring(lua, 1, "collect");
    if (std::string_view(option) != "count")
        raise(lua, "collectgarbage(\"{}\") is not available; only \"count\" is", option);
    lua_pushnumber(lua, static_cast<lua_Number>(state_of(lua).memory()) / 1024.0);
    return 1;
}

// "lib.text" → lib/text.lua; lower case words of letters, digits and _ only, so that no path leaves the folder.
std::string module_file(std::string_view name) {
    std::string path;
    for (const auto word : split(name, '.')) {
        if (word.empty() || word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string_view::npos)
            return {};
        path += path.empty() ? std::string(word) : "/" + std::string(word);
    }
    return path + ".lua";
}

int require_module(lua_State* lua) {
    auto& state = state_of(lua);
    const auto name = text_at(lua, 1);
    lua_settop(lua, 1);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &modules_key);
    lua_pushvalue(lua, 1);
    if (lua_rawget(lua, 2) != LUA_TNIL) {
        if (is_null(lua, -1)) raise(lua, "the module '{}' requires itself", name);
        return 1;
    }
    if (!state.loading()) raise(lua, "require(\"{}\") must stand at the top of a file", name);
    const auto found = state.plan().sources.find(module_file(name));
    if (found == state.plan().sources.end())
        raise(lua, "there is no module '{}' (lib.text is the file lib/text.lua of the application)", name);
    const auto mark = [&] {
        lua_pushvalue(lua, 1);
        lua_rotate(lua, -2, 1);
        lua_rawset(lua, 2);
    };
    push_null(lua);
    mark();
    const auto chunk = "@" + found->first;
    if (luaL_loadbufferx(lua, found->second.data(), found->second.size(), chunk.c_str(), "t") != LUA_OK) lua_error(lua);
    push_environment(lua);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) lua_pushboolean(lua, 1);
    lua_pushvalue(lua, -1);
    mark();
    return 1;
}

int present(lua_State* lua) {
    lua_settop(lua, 1);
    if (is_null(lua, 1)) lua_pushnil(lua);
    return 1;
}

int make_array(lua_State* lua) {
    lua_settop(lua, 1);
    if (lua_isnil(lua, 1)) {
        lua_newtable(lua);
        lua_replace(lua, 1);
    }
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (lua_getmetatable(lua, 1) != 0 && !has_mark(lua, 1, ScriptMark::array))
        raise(lua, "array() takes a table without metatable");
    lua_settop(lua, 1);
    set_mark(lua, 1, ScriptMark::array);
    return 1;
}

int unix_time(lua_State* lua) {
    lua_pushinteger(lua, to_unix_ms(now()));
    return 1;
}

int iso_time(lua_State* lua) {
    const auto milliseconds = luaL_optinteger(lua, 1, to_unix_ms(now()));
    // Years 0 to 9999.
    if (milliseconds < -62'167'219'200'000 || milliseconds > 253'402'300'799'999)
        raise(lua, "{} is no time of this calendar", milliseconds);
    push_text(lua, to_iso8601(from_unix_ms(milliseconds)));
    return 1;
}

void push_math_library(lua_State* lua) {
    luaL_requiref(lua, "math", luaopen_math, 0);
    lua_pushnil(lua);
    lua_setfield(lua, -2, "randomseed");
}

void add_locked(lua_State* lua, const char* name) {
    lock_table(lua, name);
    lua_setfield(lua, -2, name);
}

// Scripts get a proxy, so that even existing globals cannot be replaced; the real table hides behind a protected
// metatable.
void lock_environment(lua_State* lua) {
    lua_newtable(lua);
    lua_createtable(lua, 0, 3);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushvalue(lua, -3);
    lua_pushcclosure(lua, guarded<assign_global>, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -3, "_G");
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &environment_key);
}

}  // namespace

std::string_view push_as_text(lua_State* lua, int index) {
    const int value = lua_absindex(lua, index);
    if (luaL_callmeta(lua, value, "__tostring") != 0) {
        if (lua_type(lua, -1) != LUA_TSTRING) raise(lua, "'__tostring' must return a string");
        return text_at(lua, -1);
    }
    switch (lua_type(lua, value)) {
        case LUA_TNUMBER:
        case LUA_TSTRING:
            lua_pushvalue(lua, value);
            lua_tolstring(lua, -1, nullptr);
            break;
        case LUA_TBOOLEAN:
            lua_pushstring(lua, lua_toboolean(lua, value) != 0 ? "true" : "false");
            break;
        default:
            lua_pushstring(lua, is_null(lua, value) ? "null" : luaL_typename(lua, value));
    }
    return text_at(lua, -1);
}

void take_function(lua_State* lua, int from, const char* name, bool charged) {
    const int library = lua_absindex(lua, from);
    lua_getfield(lua, library, name);
    if (charged) {
        const lua_CFunction body = [](lua_State* inner) {
            charge(inner, 1 + lua_rawlen(inner, 1) / 16);
            return lua_tocfunction(inner, lua_upvalueindex(1))(inner);
        };
        lua_pushcclosure(lua, body, 1);
    }
    lua_setfield(lua, -2, name);
}

void lock_table(lua_State* lua, const char* name) {
    lua_newtable(lua);
    lua_createtable(lua, 0, 3);
    lua_rotate(lua, -3, 2);  // proxy, metatable, table
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -3, "__index");
    lua_pop(lua, 1);
    lua_pushstring(lua, name);
    lua_pushcclosure(lua, guarded<refuse_writing>, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}

void push_environment(lua_State* lua) { lua_rawgetp(lua, LUA_REGISTRYINDEX, &environment_key); }

void open_base_functions(lua_State* lua) {
    const int target = lua_gettop(lua);
    luaL_requiref(lua, "_G", luaopen_base, 0);
    lua_pushvalue(lua, target);
    for (const char* name : {"assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget",
                             "rawlen", "select", "type", "_VERSION"})
        take_function(lua, -2, name);
    take_function(lua, -2, "tonumber", true);
    lua_settop(lua, target);
    const luaL_Reg own[] = {{"tostring", guarded<to_text>},
                            {"print", guarded<print>},
                            {"setmetatable", guarded<set_metatable>},
                            {"rawset", guarded<raw_set>},
                            {"collectgarbage", guarded<collect_garbage>},
                            {"require", guarded<require_module>},
                            {"present", guarded<present>},
                            {"array", guarded<make_array>},
                            {"time", guarded<unix_time>},
                            {"iso_time", guarded<iso_time>},
                            {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
    push_null(lua);
    lua_setfield(lua, -2, "null");
}

void open_sandbox(lua_State* lua) {
    lua_newtable(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &modules_key);
    lua_newtable(lua);
    open_base_functions(lua);
    open_protected_calls(lua);
    open_declarations(lua);
    push_string_library(lua);
    add_locked(lua, "string");
    push_table_library(lua);
    add_locked(lua, "table");
    push_math_library(lua);
    add_locked(lua, "math");
    push_utf8_library(lua);
    add_locked(lua, "utf8");
    push_coroutine_library(lua);
    add_locked(lua, "coroutine");
    push_json_library(lua);
    add_locked(lua, "json");
    push_operations(lua);
    lua_setfield(lua, -2, "slipway");
    lock_environment(lua);
    lua_settop(lua, 0);
}

}  // namespace slipway::app
