// What every C++ function that Lua calls needs. Lua is linked in its C++ build: its errors are exceptions, so
// destructors run; a C++ exception must not reach Lua, though, and catch (...) must not swallow one of Lua's.
#pragma once

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <lua.hpp>

#include "app/script/budget.h"
#include "base/error.h"

namespace slipway::app {

class ScriptState;

// The state that a Lua thread belongs to.
inline ScriptState& state_of(lua_State* lua) { return **static_cast<ScriptState**>(lua_getextraspace(lua)); }

// Ends the running call: its limit is passed. Never returns.
[[noreturn]] void raise_limit(lua_State* lua);
// Work of a C++ function, in steps comparable to instructions. Raises when the limit is passed.
void charge(lua_State* lua, std::size_t steps);
// Raises a Lua error with the place of the script; never returns.
template <typename... Arguments>
[[noreturn]] void raise(lua_State* lua, fmt::format_string<Arguments...> format, Arguments&&... arguments);

// Runs the body of a C function; what the standard library throws becomes a Lua error.
template <typename Body>
int guard(lua_State* lua, const Body& body) {
    char problem[200] = "";
    bool exhausted = false;
    try {
        return body();
    } catch (const StepsExhausted&) {
        exhausted = true;
    } catch (const PatternError& error) {
        std::snprintf(problem, sizeof(problem), "%s", error.message.c_str());
    } catch (const std::exception& error) {
        std::snprintf(problem, sizeof(problem), "%s", error.what());
    }
    if (exhausted) raise_limit(lua);
    return luaL_error(lua, "%s", problem);
}

template <int (*function)(lua_State*)>
int guarded(lua_State* lua) {
    return guard(lua, [lua] { return function(lua); });
}
template <int (*function)(lua_State*, int, lua_KContext)>
int guarded_continuation(lua_State* lua, int status, lua_KContext context) {
    return guard(lua, [=] { return function(lua, status, context); });
}

template <typename... Arguments>
[[noreturn]] void raise(lua_State* lua, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    luaL_where(lua, 1);
    {
        const auto text = fmt::format(format, std::forward<Arguments>(arguments)...);
        lua_pushlstring(lua, text.data(), text.size());
    }
    lua_concat(lua, 2);
    lua_error(lua);
    std::terminate();
}

inline std::string_view text_at(lua_State* lua, int index) {
    std::size_t size = 0;
    const char* data = luaL_checklstring(lua, index, &size);
    return {data, size};
}
inline void push_text(lua_State* lua, std::string_view text) { lua_pushlstring(lua, text.data(), text.size()); }

// Runs `work` outside of any script, on the main thread of an idle state; the message of a Lua error, or empty.
template <typename Work>
std::string run_protected(lua_State* lua, Work& work) {
    const lua_CFunction body = [](lua_State* inner) {
        auto* given = static_cast<Work*>(lua_touserdata(inner, 1));
        lua_settop(inner, 0);
        return guard(inner, [given] {
            (*given)();
            return 0;
        });
    };
    lua_pushcfunction(lua, body);
    lua_pushlightuserdata(lua, &work);
    if (lua_pcall(lua, 1, 0, 0) == LUA_OK) return {};
    const char* message = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "unknown error";
    std::string problem = message;
    lua_pop(lua, 1);
    return problem.empty() ? "unknown error" : problem;
}

// Text built up by a C++ function, accounted against the memory of the call before it becomes a Lua string.
class ScriptText {
 public:
    explicit ScriptText(lua_State* lua) : lua_(lua) {}
    void append(std::string_view text) {
        reserve(text.size());
        text_.append(text);
    }
    void append(char letter) { append(std::string_view(&letter, 1)); }
    // Asks for room and charges the work of filling it. Raises when the call may not have it.
    void reserve(std::size_t more);
    int push() {
        push_text(lua_, text_);
        return 1;
    }

 private:
    lua_State* lua_;
    std::string text_;
    std::size_t allowed_ = 0;
};

}  // namespace slipway::app
