// What scripts can see. Everything is made by our own hand; what is not listed is not there.
//
//   base        assert error getmetatable ipairs next pairs pcall print rawequal rawget rawlen rawset select
//   setmetatable tonumber
//               tostring type xpcall _G _VERSION require; collectgarbage("count") alone. print goes to the log.
//   string      byte char find format gmatch gsub len lower match rep reverse sub upper (no dump, pack, unpack)
//   table       concat insert move pack remove sort (stable, at most 1,000,000 items) unpack
//   math        all but randomseed          utf8        all
//   coroutine   close create isyieldable resume running status wrap yield; operations may be called inside coroutines
//   JSON        null, array{…}, present(x) (nil for nil and null), json.encode(value), json.decode(text)
//   time        time() (milliseconds since 1970), iso_time(ms)
//   Slipway     slipway.<bound operation>, route, handler, respond, events (declare.cpp, routes.h)
//
// Not there: io, os, debug, package, load, loadstring, loadfile, dofile, bytecode, __gc (setmetatable refuses it).
// tostring() gives no addresses. Libraries and _G are locked: assigning to them, or to any global once the files are
// loaded, is an error with file and line. A file-level `local` lives as long as its state (one per thread, discarded at
// will): constants only, never data of a request. pcall, xpcall and coroutines do not catch a passed limit. Operations
// cannot be called inside a comparator of table.sort, a function given to string.gsub, or while files load.
#pragma once

#include <string_view>

#include <lua.hpp>

#include "base/error.h"

namespace slipway::app {

// Opens the libraries in a fresh state and leaves the environment of all chunks in the registry (push_environment).
void open_sandbox(lua_State* lua);
void push_environment(lua_State* lua);

// Replaces the table on top of the stack by an empty one that reads from it and refuses writing. `name` is for the
// message.
void lock_table(lua_State* lua, const char* name);

// Pushes what tostring() says of a value: __tostring is honoured, addresses are not told. The text is that of the
// pushed string.
std::string_view push_as_text(lua_State* lua, int index);

// Each leaves one table of functions on the stack.
void open_base_functions(lua_State* lua);   // into the table on top of the stack
void open_protected_calls(lua_State* lua);  // pcall, xpcall into the table on top of the stack
void push_string_library(lua_State* lua);
void push_table_library(lua_State* lua);
void push_coroutine_library(lua_State* lua);
void push_utf8_library(lua_State* lua);
void push_json_library(lua_State* lua);
void push_operations(lua_State* lua);    // `slipway`
void open_declarations(lua_State* lua);  // route, handler, respond, events into the table on top of the stack

// Copies a function of the library table at `from` into the table on top of the stack; `charged` adds the length of the
// first text argument to the instruction count.
void take_function(lua_State* lua, int from, const char* name, bool charged = false);

}  // namespace slipway::app
