// pcall, xpcall and coroutines. Lua's own would let a script catch a passed limit and go on, and would hand the
// suspension of an operation to whoever resumed the coroutine; here it travels outward to the host, and the answer
// inward again.
#include "app/script/call.h"
#include "app/script/sandbox.h"
#include "app/script/state.h"

namespace slipway::app {
namespace {

constexpr int kClosingDepthMax = 20;  // coroutine.close inside closing variables of coroutines that are being closed

constexpr std::size_t kCaughtErrorSteps = 100;  // an exception on its way takes as long as about so many instructions

bool doomed(lua_State* lua) {
    const auto* budget = state_of(lua).budget();
    return budget && budget->doomed() != ScriptLimit::none;
}

// After anything that can swallow an error.
void raise_if_doomed(lua_State* lua, int status) {
    auto* budget = state_of(lua).budget();
    if (status == LUA_ERRMEM && budget) budget->doom(ScriptLimit::memory);
    if (doomed(lua)) raise_limit(lua);
}

int finish_protected(lua_State* lua, int status, lua_KContext below) {
    raise_if_doomed(lua, status);
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(lua) - static_cast<int>(below);
    charge(lua, kCaughtErrorSteps);
    lua_pushboolean(lua, 0);
    lua_pushvalue(lua, -2);
    return 2;
}

int protected_call(lua_State* lua) {
    luaL_checkany(lua, 1);
    lua_pushboolean(lua, 1);
    lua_insert(lua, 1);
    const int status = lua_pcallk(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0, 0, guarded_continuation<finish_protected>);
    return finish_protected(lua, status, 0);
}

// After the handler of xpcall; `below` values lie under its results.
int finish_handler(lua_State* lua, int status, lua_KContext below) {
    raise_if_doomed(lua, status);
    lua_pushboolean(lua, 0);
    lua_insert(lua, static_cast<int>(below) + 1);
    return lua_gettop(lua) - static_cast<int>(below);
}

int finish_with_handler(lua_State* lua, int status, lua_KContext below) {
    raise_if_doomed(lua, status);
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(lua) - static_cast<int>(below);
    lua_pushvalue(lua, 2);
    lua_insert(lua, -2);
    const int bottom = lua_gettop(lua) - 2;
    const int handled = lua_pcallk(lua, 1, LUA_MULTRET, 0, bottom, guarded_continuation<finish_handler>);
    return finish_handler(lua, handled, bottom);
}

// xpcall(function, handler, …) → stack: function, handler, true, function, …
// The handler runs after the stack is unwound. As a message handler of Lua it would run inside the instruction hook
// that raised the error, where the hook is switched off: an endless handler could not be stopped.
int protected_call_with_handler(lua_State* lua) {
    const int count = lua_gettop(lua);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_pushboolean(lua, 1);
    lua_pushvalue(lua, 1);
    lua_rotate(lua, 3, 2);
    const int status = lua_pcallk(lua, count - 2, LUA_MULTRET, 0, 2, guarded_continuation<finish_with_handler>);
    return finish_with_handler(lua, status, 2);
}

lua_State* thread_at(lua_State* lua, int index) {
    auto* thread = lua_tothread(lua, index);
    luaL_argexpected(lua, thread, index, "coroutine");
    return thread;
}

void refuse_waiting(lua_State* lua, lua_State* thread) {
    if (state_of(lua).waiting().contains(thread)) raise(lua, "the coroutine is waiting for an operation");
}

// Lua 5.4.4 does not count the C stack here, so that closing variables that close coroutines could exhaust it. And a
// coroutine that died inside the hook (of another call in this state) would run its closing variables with the hook
// switched off.
int close_thread(lua_State* lua, lua_State* thread) {
    auto& state = state_of(lua);
    if (state.retired()) raise(lua, "coroutines of a spoiled state are not closed");
    if (state.closing_depth >= kClosingDepthMax) raise(lua, "too many coroutines are closing each other");
    ++state.closing_depth;
    const int status = lua_resetthread(thread);
    --state.closing_depth;
    return status;
}

enum class Resumed : int { by_resume, by_wrap };

int continue_resumed(lua_State* lua, int status, lua_KContext kind);

int fail_resumed(lua_State* lua, lua_State* thread, Resumed kind) {
    luaL_checkstack(lua, 3, "too many results");
    if (kind == Resumed::by_resume) {
        lua_pushboolean(lua, 0);
        lua_xmove(thread, lua, 1);
        return 2;
    }
    if (lua_status(thread) != LUA_OK && lua_status(thread) != LUA_YIELD) close_thread(lua, thread);
    raise_if_doomed(lua, LUA_OK);
    lua_xmove(thread, lua, 1);
    if (lua_type(lua, -1) == LUA_TSTRING) {
        luaL_where(lua, 1);
        lua_insert(lua, -2);
        lua_concat(lua, 2);
    }
    return lua_error(lua);
}

int finish_resumed(lua_State* lua, lua_State* thread, int status, int results, Resumed kind) {
    auto& state = state_of(lua);
    raise_if_doomed(lua, status);
    if (status == LUA_YIELD && state.lane() && state.lane()->operation_pending()) {
        if (lua_isyieldable(lua) == 0) {
            state.lane()->drop_operation();
            raise(lua, "an operation cannot be called from here (a comparator, or a function given to gsub)");
        }
        state.waiting()[thread] = state.lane();
        return lua_yieldk(lua, 0, static_cast<lua_KContext>(kind), guarded_continuation<continue_resumed>);
    }
    if (status != LUA_OK && status != LUA_YIELD) return fail_resumed(lua, thread, kind);
    if (lua_checkstack(lua, results + 1) == 0) {
        lua_pop(thread, results);
        raise(lua, "too many results to resume");
    }
    const int first = kind == Resumed::by_resume ? 1 : 0;
    if (first != 0) lua_pushboolean(lua, 1);
    lua_xmove(thread, lua, results);
    return results + first;
}

int run_thread(lua_State* lua, lua_State* thread, int arguments, Resumed kind) {
    int results = 0;
    const int status = lua_resume(thread, lua, arguments, &results);
    return finish_resumed(lua, thread, status, results, kind);
}

// The host resumed the outer thread: the operation's answer is for the inner one.
int continue_resumed(lua_State* lua, int /*status*/, lua_KContext kind) {
    const auto how = static_cast<Resumed>(kind);
    auto* thread = how == Resumed::by_resume ? lua_tothread(lua, 1) : lua_tothread(lua, lua_upvalueindex(1));
    state_of(lua).waiting().erase(thread);
    return run_thread(lua, thread, 0, how);
}

int begin_resume(lua_State* lua, lua_State* thread, int arguments, Resumed kind) {
    refuse_waiting(lua, thread);
    charge(lua, 20);
    if (lua_checkstack(thread, arguments) == 0) raise(lua, "too many arguments to resume");
    lua_xmove(lua, thread, arguments);
    return run_thread(lua, thread, arguments, kind);
}

int coroutine_resume(lua_State* lua) {
    return begin_resume(lua, thread_at(lua, 1), lua_gettop(lua) - 1, Resumed::by_resume);
}

int call_wrapped(lua_State* lua) {
    return begin_resume(lua, lua_tothread(lua, lua_upvalueindex(1)), lua_gettop(lua), Resumed::by_wrap);
}

int coroutine_create(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    charge(lua, kHookPeriod);
    auto* thread = lua_newthread(lua);
    lua_pushvalue(lua, 1);
    lua_xmove(lua, thread, 1);
    return 1;
}

int coroutine_wrap(lua_State* lua) {
    coroutine_create(lua);
    lua_pushcclosure(lua, guarded<call_wrapped>, 1);
    return 1;
}

// The thread of the call itself is not a coroutine that scripts may hold: kept beyond the call, it could be resumed by
// another.
bool is_root(lua_State* lua) {
    const auto* lane = state_of(lua).lane();
    return !lane || lane->thread() == lua;
}

int coroutine_yield(lua_State* lua) {
    if (is_root(lua)) raise(lua, "attempt to yield from outside a coroutine");
    return lua_yield(lua, lua_gettop(lua));
}

int coroutine_running(lua_State* lua) {
    const bool root = is_root(lua);
    if (root) {
        lua_pushnil(lua);
    } else {
        lua_pushthread(lua);
    }
    lua_pushboolean(lua, root ? 1 : 0);
    return 2;
}

int coroutine_isyieldable(lua_State* lua) {
    lua_pushboolean(lua, !is_root(lua) && lua_isyieldable(lua) != 0 ? 1 : 0);
    return 1;
}

int coroutine_close(lua_State* lua) {
    auto* thread = thread_at(lua, 1);
    refuse_waiting(lua, thread);
    lua_Debug frame{};
    const bool busy = thread == lua || (lua_status(thread) == LUA_OK && lua_getstack(thread, 0, &frame) != 0);
    if (busy) raise(lua, "cannot close a running coroutine");
    const int status = close_thread(lua, thread);
    raise_if_doomed(lua, status);
    lua_pushboolean(lua, status == LUA_OK ? 1 : 0);
    if (status == LUA_OK) return 1;
    lua_xmove(thread, lua, 1);
    return 2;
}

}  // namespace

void open_protected_calls(lua_State* lua) {
    const luaL_Reg own[] = {
        {"pcall", guarded<protected_call>}, {"xpcall", guarded<protected_call_with_handler>}, {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
}

void push_coroutine_library(lua_State* lua) {
    luaL_requiref(lua, "coroutine", luaopen_coroutine, 0);
    lua_newtable(lua);
    take_function(lua, -2, "status");
    const luaL_Reg own[] = {{"create", guarded<coroutine_create>},   {"resume", guarded<coroutine_resume>},
                            {"wrap", guarded<coroutine_wrap>},       {"yield", guarded<coroutine_yield>},
                            {"running", guarded<coroutine_running>}, {"isyieldable", guarded<coroutine_isyieldable>},
                            {"close", guarded<coroutine_close>},     {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
    lua_remove(lua, -2);
}

}  // namespace slipway::app
