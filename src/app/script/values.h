// Values between Lua and JSON.
//
//   JSON                 Lua
//   null                 the constant `null` (a value of its own: `if x then` is true for it; present(x) is nil for it)
//   true, 5, 1.5, "a"    boolean, integer, float, string. Integers stay integers; above 2^63 they become floats.
//   [1, 2]               a list that remembers that it is one, so that an empty one stays []
//   {"a": 1}             a table
//
// To JSON: a table with items 1…n is an array; a table with text keys is an object; an empty table is {} unless it was
// made by array{} or came from JSON as []. Holes, mixed keys, functions, NaN, infinities, more than 64 levels (also a
// table inside itself) are errors. Text that is not valid UTF-8 gets U+FFFD where it is broken. Metamethods are not
// asked.
#pragma once

#include <lua.hpp>

#include "base/json.h"

namespace slipway::app {

inline constexpr int kScriptValueDepthMax = 64;

// Both raise Lua errors: only to be called from C functions. read_json charges instructions and output of the running
// call.
void push_json(lua_State* lua, const json::value& value);
// For what stands by itself, an argument or a result: null is nil there.
void push_value(lua_State* lua, const json::value& value);
json::value read_json(lua_State* lua, int index);

void push_null(lua_State* lua);
bool is_null(lua_State* lua, int index);

// Metatables that scripts can neither see nor change; made once per state by open_values().
enum class ScriptMark : int { array, error, response, events };
void open_values(lua_State* lua);
void set_mark(lua_State* lua, int index, ScriptMark mark);
bool has_mark(lua_State* lua, int index, ScriptMark mark);

// The error table {code, message, details} of the convention in host.h.
void push_error(lua_State* lua, const Error& error);
// True when the value at `index` is such a table (or one like it that a script made); its fields are read raw.
bool read_error(lua_State* lua, int index, Error& error);

}  // namespace slipway::app
