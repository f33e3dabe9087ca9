// A call of a script and the Lua threads it runs on.
//
// A ScriptCall is what one request shares: state, context, budget. A ScriptLane is one Lua thread of it with a C++
// coroutine that drives it: the handler, the function of events(), each callback of an operation. The lane lives in the
// frame of its coroutine, so when the frame goes (finished, cancelled, dropped) the Lua thread goes, and nothing is
// left that could resume it.
//
// How a script waits: the C function of an operation leaves a `start` in its lane and yields. The slice ends; run()
// awaits start(), puts the result into the lane and resumes; the continuation of the C function takes the result out
// and returns or raises it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/script/budget.h"
#include "app/script/host.h"
#include "app/script/state.h"

namespace slipway::app {

struct ScriptCall {
    ScriptCall(std::shared_ptr<ScriptState> state_of_call, std::shared_ptr<CallContext> context_of_call,
               std::string name);
    ~ScriptCall();
    ScriptCall(const ScriptCall&) = delete;
    ScriptCall& operator=(const ScriptCall&) = delete;

    std::shared_ptr<ScriptState> state;
    std::shared_ptr<CallContext> context;
    std::string what;  // "GET /api/chats/{id}", for the log
    Budget budget;
    int callback_depth = 0;
    net::EventStream* events = nullptr;  // while the function of events() runs
    net::WebSocket* socket = nullptr;    // while a WebSocket handler runs
    bool socket_closed = false;
    std::unique_ptr<ScriptSubscription> subscription;  // once it has subscribed
    std::vector<int> references;                       // in the registry, let go with the call
};

// One function that a script gave to an operation; `reference` is let go when that operation has ended.
struct CallbackHandle {
    std::weak_ptr<ScriptCall> call;
    int reference = 0;
    bool alive = true;
};

class ScriptLane {
 public:
    // Both run inside the sandbox, under its limits. Pushes a function and its arguments, returns how many arguments.
    using Prepare = std::function<int(lua_State*)>;
    // The results are all that is on the stack.
    using Accept = std::function<void(lua_State*)>;
    using Start = std::move_only_function<Task<json::value>()>;

    // Runs to the end. The error is what the script raised (host.h says how).
    static Task<void> run(std::shared_ptr<ScriptCall> call, Prepare prepare, Accept accept);

    ScriptLane(std::shared_ptr<ScriptCall> call, Prepare prepare, Accept accept);
    ~ScriptLane();
    ScriptLane(const ScriptLane&) = delete;
    ScriptLane& operator=(const ScriptLane&) = delete;

    ScriptCall& call() const { return *call_; }
    const std::shared_ptr<ScriptCall>& shared_call() const { return call_; }
    lua_State* thread() const { return thread_; }

    bool operation_pending() const { return static_cast<bool>(pending_); }
    void drop_operation();
    // For the C functions of operations: `return suspend(lua, start)` yields until the result is there. Raises when it
    // cannot.
    static int suspend(lua_State* lua, Start start);
    // The function at `index` as something that the operation about to be suspended may call.
    ScriptCallback make_callback(lua_State* lua, int index);

 private:
    enum class Slice : unsigned char { finished, waiting };

    Result<void> open();
    Result<Slice> resume();
    Error failure(int status);
    Error limit_failure(const std::string& message);
    void end_operation();
    static int enter(lua_State* lua);
    static int leave(lua_State* lua, int status, lua_KContext context);
    static int deliver(lua_State* lua, int status, lua_KContext context);

    std::shared_ptr<ScriptCall> call_;
    Prepare prepare_;
    Accept accept_;
    lua_State* thread_ = nullptr;
    int reference_ = LUA_NOREF;
    Start pending_;
    std::optional<Result<json::value>> arrived_;
    std::vector<std::shared_ptr<CallbackHandle>> callbacks_;
};

}  // namespace slipway::app
