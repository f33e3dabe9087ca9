#include "app/script/call.h"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "app/script/values.h"
#include "base/log.h"

namespace slipway::app {
namespace {

// What an operation throws is a bug of the operation; what tells that this coroutine is cancelled goes on.
Task<json::value> await_operation(Task<json::value> task, std::string what) {
    std::string problem;
    try {
        co_return co_await std::move(task);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        problem = error.what();
    } catch (const std::exception& error) {
        problem = error.what();
    }
    log::error("operation failed", {{"call", what}, {"error", problem}});
    co_return fail(ErrorCode::internal, "An operation failed unexpectedly; the log says why.");
}

Task<json::value> run_callback(std::shared_ptr<CallbackHandle> handle, json::value argument) {
    const auto call = handle->alive ? handle->call.lock() : nullptr;
    if (!call) co_return fail(ErrorCode::unavailable, "The operation that was given this function has ended.");
    if (call->callback_depth >= call->state->plan().options.limits.callback_depth) {
        call->budget.doom(ScriptLimit::callback_depth);
        co_return fail(ErrorCode::internal,
                       "The application's script was stopped: it passed its limit of callback_depth.");
    }
    const std::shared_ptr<int> depth(&++call->callback_depth, [call](int* count) { --*count; });
    json::value result;
    ScriptLane::Prepare prepare = [&](lua_State* lua) {
        lua_rawgeti(lua, LUA_REGISTRYINDEX, handle->reference);
        push_value(lua, argument);
        return 1;
    };
    ScriptLane::Accept accept = [&](lua_State* lua) {
        if (lua_gettop(lua) > 0) result = read_json(lua, 1);
    };
    SLIPWAY_CO_CHECK(co_await ScriptLane::run(call, std::move(prepare), std::move(accept)));
    co_return result;
}

}  // namespace

ScriptCall::ScriptCall(std::shared_ptr<ScriptState> state_of_call, std::shared_ptr<CallContext> context_of_call,
                       std::string name)
    : state(std::move(state_of_call)),
      context(std::move(context_of_call)),
      what(std::move(name)),
      budget(state->plan().options.limits) {
    ++state->calls;
}

ScriptCall::~ScriptCall() {
    for (const int reference : references) luaL_unref(state->lua(), LUA_REGISTRYINDEX, reference);
    --state->calls;
}

ScriptLane::ScriptLane(std::shared_ptr<ScriptCall> call, Prepare prepare, Accept accept)
    : call_(std::move(call)), prepare_(std::move(prepare)), accept_(std::move(accept)) {}

ScriptLane::~ScriptLane() {
    end_operation();
    std::erase_if(call_->state->waiting(), [this](const auto& entry) { return entry.second == this; });
    if (reference_ != LUA_NOREF) luaL_unref(call_->state->lua(), LUA_REGISTRYINDEX, reference_);
}

Task<void> ScriptLane::run(std::shared_ptr<ScriptCall> call, Prepare prepare, Accept accept) {
    ScriptLane lane(std::move(call), std::move(prepare), std::move(accept));
    SLIPWAY_CO_CHECK(lane.open());
    for (;;) {
        SLIPWAY_CO_TRY(const auto slice, lane.resume());
        if (slice == Slice::finished) co_return Result<void>();
        auto start = std::exchange(lane.pending_, nullptr);
        auto task = start();
        auto arrived = co_await await_operation(std::move(task), lane.call_->what);
        lane.end_operation();
        const bool stopped = co_await cancelled();
        if (stopped) co_return fail(ErrorCode::unavailable, "The call was cancelled.");
        lane.arrived_.emplace(std::move(arrived));
    }
}

Result<void> ScriptLane::open() {
    auto* main = call_->state->lua();
    if (!call_->state->on_its_thread())
        return fail(ErrorCode::internal, "A script was called on a thread that is not its own.");
    auto work = [&] {
        thread_ = lua_newthread(main);
        reference_ = luaL_ref(main, LUA_REGISTRYINDEX);
        lua_pushcfunction(thread_, &ScriptLane::enter);
    };
    if (auto problem = run_protected(main, work); !problem.empty()) {
        call_->state->retire();
        return fail(ErrorCode::unavailable, "There is no room for another call of a script ({}).", problem);
    }
    return {};
}

int ScriptLane::enter(lua_State* lua) {
    return guard(lua, [lua] {
        const int arguments = state_of(lua).lane()->prepare_(lua);
        lua_callk(lua, arguments, LUA_MULTRET, 0, &ScriptLane::leave);
        return leave(lua, LUA_OK, 0);
    });
}

int ScriptLane::leave(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
    return guard(lua, [lua] {
        state_of(lua).lane()->accept_(lua);
        return 0;
    });
}

Result<ScriptLane::Slice> ScriptLane::resume() {
    auto& state = *call_->state;
    if (!state.on_its_thread()) return fail(ErrorCode::internal, "A call of a script moved to another thread.");
    int results = 0;
    state.enter(&call_->budget, this);
    const int status = lua_resume(thread_, state.lua(), 0, &results);
    state.leave();
    if (status == LUA_YIELD && pending_) return Slice::waiting;
    if (status == LUA_OK && call_->budget.doomed() == ScriptLimit::none) return Slice::finished;
    return std::unexpected(failure(status));
}

int ScriptLane::suspend(lua_State* lua, Start start) {
    auto* lane = state_of(lua).lane();
    if (!lane) raise(lua, "operations can only be called while a request is handled");
    if (lua_isyieldable(lua) == 0)
        raise(lua, "an operation cannot be called from here (a comparator, or a function given to gsub)");
    if (lane->call_->budget.doomed() != ScriptLimit::none) raise_limit(lua);
    lane->arrived_.reset();
    lane->pending_ = std::move(start);
    return lua_yieldk(lua, 0, 0, &ScriptLane::deliver);
}

int ScriptLane::deliver(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
    return guard(lua, [lua] {
        auto* lane = state_of(lua).lane();
        if (!lane || !lane->arrived_) raise(lua, "the call that this coroutine waited in was cancelled");
        const auto arrived = std::move(*lane->arrived_);
        lane->arrived_.reset();
        if (!arrived) {
            push_error(lua, arrived.error());
            return lua_error(lua);
        }
        push_value(lua, *arrived);
        return 1;
    });
}

void ScriptLane::drop_operation() {
    pending_ = nullptr;
    end_operation();
}

void ScriptLane::end_operation() {
    for (const auto& callback : callbacks_) {
        callback->alive = false;
        luaL_unref(call_->state->lua(), LUA_REGISTRYINDEX, callback->reference);
    }
    callbacks_.clear();
}

ScriptCallback ScriptLane::make_callback(lua_State* lua, int index) {
    auto handle = std::make_shared<CallbackHandle>(CallbackHandle{call_, LUA_NOREF, true});
    callbacks_.reserve(callbacks_.size() + 1);
    lua_pushvalue(lua, index);
    handle->reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    callbacks_.push_back(handle);
    ScriptCallback callback;
    callback.call_ = [handle](json::value argument) { return run_callback(handle, std::move(argument)); };
    return callback;
}

Error ScriptLane::limit_failure(const std::string& message) {
    const auto limit = to_string(call_->budget.doomed());
    call_->state->retire();
    log::error(
        "script stopped",
        {{"call", call_->what}, {"limit", limit}, {"error", message}, {"request_id", call_->context->request_id}});
    Error error{ErrorCode::internal,
                fmt::format("The application's script was stopped: it passed its limit of {}.", limit)};
    return std::move(error).with("limit", json::string(limit));
}

Error ScriptLane::failure(int status) {
    auto* main = call_->state->lua();
    if (status == LUA_ERRMEM) call_->budget.doom(ScriptLimit::memory);
    Error raised;
    bool is_error = false;
    std::string message = "the script yielded outside an operation";
    std::string traceback;
    auto work = [&] {
        if (status == LUA_OK || status == LUA_YIELD) return;
        lua_pushvalue(thread_, -1);
        lua_xmove(thread_, main, 1);
        is_error = call_->budget.doomed() == ScriptLimit::none && read_error(main, 1, raised);
        const bool text = lua_type(main, 1) == LUA_TSTRING;
        message = text ? std::string(text_at(main, 1)) : fmt::format("the error is a {}", luaL_typename(main, 1));
        if (is_error) return;
        luaL_traceback(main, thread_, nullptr, 0);
        traceback = text_at(main, -1);
    };
    if (auto problem = run_protected(main, work); !problem.empty()) message += " (" + problem + ")";
    if (call_->budget.doomed() != ScriptLimit::none) return limit_failure(message);
    if (is_error) return raised;
    log::error("script failed", {{"call", call_->what},
                                 {"error", message},
                                 {"traceback", traceback},
                                 {"request_id", call_->context->request_id}});
    Error error{ErrorCode::internal, "The application's script failed; the log says where."};
    if (call_->state->plan().options.development) {
        error.details["script"] = message;
        error.details["traceback"] = traceback;
    }
    return error;
}

}  // namespace slipway::app
