// `slipway.<operation>` and `json`: what scripts call in C++.
#include "app/script/call.h"
#include "app/script/sandbox.h"
#include "app/script/state.h"
#include "app/script/values.h"
#include "base/text.h"

namespace slipway::app {
namespace {

// Keeps call and context alive until the operation has ended.
Task<json::value> run_operation(std::shared_ptr<ScriptCall> call, const ScriptBinding* binding, json::value arguments,
                                ScriptCallback callback) {
    co_return co_await binding->operation(*call->context, std::move(arguments), std::move(callback));
}

// slipway.chats.create(arguments [, callback]); upvalue 1 is the number of the binding.
int call_operation(lua_State* lua) {
    auto& state = state_of(lua);
    const auto& binding = state.plan().bindings.at(static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(1))));
    auto* lane = state.lane();
    if (!lane) raise(lua, "slipway.{} can only be called while a request is handled", binding.name);
    if (!lua_isnoneornil(lua, 1) && !lua_istable(lua, 1))
        raise(lua, "slipway.{} takes a table of arguments", binding.name);
    if (!lua_isnoneornil(lua, 2) && !(binding.streaming && lua_isfunction(lua, 2)))
        raise(lua, "the second argument of slipway.{} {}", binding.name,
              binding.streaming ? "must be a function" : "is one too many");
    if (lua_isyieldable(lua) == 0)
        raise(lua, "slipway.{} cannot be called from here (a comparator, or a function given to gsub)", binding.name);
    charge(lua, 100);
    json::value arguments = json::object();
    if (lua_istable(lua, 1)) arguments = read_json(lua, 1);
    ScriptCallback callback;
    if (lua_isfunction(lua, 2)) callback = lane->make_callback(lua, 2);
    auto call = lane->shared_call();
    auto start = [call, &binding, arguments = std::move(arguments), callback = std::move(callback)]() mutable {
        return run_operation(call, &binding, std::move(arguments), std::move(callback));
    };
    return ScriptLane::suspend(lua, std::move(start));
}

// Leaves the table for the words before the last one of "chats.messages.create" on top of the one that is there.
void open_group(lua_State* lua, std::string_view word) {
    push_text(lua, word);
    lua_pushvalue(lua, -1);
    if (lua_rawget(lua, -3) == LUA_TTABLE) {
        lua_remove(lua, -2);
        return;
    }
    lua_pop(lua, 1);
    lua_newtable(lua);
    lua_pushvalue(lua, -1);
    lua_insert(lua, -3);
    lua_rawset(lua, -4);
}

// Locks the table at `table` and every table inside.
void lock_all(lua_State* lua, const std::string& name) {
    const int table = lua_gettop(lua);
    std::vector<std::string> groups;
    for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1))
        if (lua_istable(lua, -1)) groups.emplace_back(lua_tostring(lua, -2));
    for (const auto& group : groups) {
        lua_getfield(lua, table, group.c_str());
        lock_all(lua, name + "." + group);
        lua_setfield(lua, table, group.c_str());
    }
    lock_table(lua, name.c_str());
}

int json_encode(lua_State* lua) {
    luaL_checkany(lua, 1);
    push_text(lua, write_json(read_json(lua, 1)));
    return 1;
}

int json_decode(lua_State* lua) {
    const auto text = text_at(lua, 1);
    charge(lua, 1 + text.size() / 4);
    JsonLimits limits;
    limits.depth_max = kScriptValueDepthMax;
    const auto value = parse_json(text, limits);
    if (!value) {
        push_error(lua, value.error());
        return lua_error(lua);
    }
    push_json(lua, *value);
    return 1;
}

}  // namespace

void push_operations(lua_State* lua) {
    lua_newtable(lua);
    const int root = lua_gettop(lua);
    lua_Integer number = 0;
    for (const auto& binding : state_of(lua).plan().bindings) {
        const auto words = split(binding.name, '.');
        for (std::size_t i = 0; i + 1 < words.size(); ++i) open_group(lua, words[i]);
        push_text(lua, words.back());
        lua_pushinteger(lua, number++);
        lua_pushcclosure(lua, guarded<call_operation>, 1);
        lua_rawset(lua, -3);
        lua_settop(lua, root);
    }
    lock_all(lua, "slipway");
}

void push_json_library(lua_State* lua) {
    lua_newtable(lua);
    const luaL_Reg own[] = {{"encode", guarded<json_encode>}, {"decode", guarded<json_decode>}, {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
}

}  // namespace slipway::app
