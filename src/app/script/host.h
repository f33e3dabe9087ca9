// The script host: Lua 5.4 for what is special to one application (routes in its own dialect, tools, hooks, steps), in
// a sandbox.
//
//     ScriptHost host(options);
//     host.bind("chats.create", create_chat);          // Lua: slipway.chats.create{title = "…"}
//     SLIPWAY_TRY(…, host.load());                     // reads *.lua of the folder, runs the entry files
//     for (const auto& route : host.routes()) …        // routes.h makes handlers of them
//
// ## Threads and lifetimes
// Every thread that calls gets a Lua state of its own (built on the first call, from sources in memory). A call belongs
// to the thread of the event loop on which it began; its executor must be one loop that one thread runs. A call is one
// Lua coroutine. An operation suspends it while C++ awaits. When the C++ frame of a call is cancelled or destroyed, its
// Lua thread is let go and never resumed. Handlers, calls and answers keep their generation alive; the host may be
// destroyed while calls run.
//
// ## Generations
// load() reads and builds everything anew. Only when that succeeds it becomes the running generation; calls and
// handlers that exist go on in the generation in which they were made. load() and generation() may be called from any
// thread; bind() only before load().
//
// ## Errors
// An operation that fails raises a table {code, message, details} in Lua, which pcall catches: that is the one
// convention; a script raises its own with error{code = "not_found", message = "…"}. Uncaught, it becomes that Error.
// Any other error of a script becomes `internal` with a fixed message; file, line and traceback go to the log, and into
// details.script only in development. A passed limit becomes `internal` with details.limit, cannot be caught by the
// script, and the state is built anew afterwards.
//
// ## What scripts see: sandbox.h. Null, arrays, numbers: values.h. Routes: routes.h.
#pragma once

#include <any>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/task.h"
#include "net/http.h"
#include "net/router.h"

namespace slipway::app {

// Per call, unless it says otherwise. Passing one ends the call.
struct ScriptLimits {
    std::int64_t instructions =
        20'000'000;                     // VM instructions; long work inside string, table and utf8 functions counts too
    Milliseconds running_time{1'000};   // on the thread; waiting for operations does not count
    Milliseconds total_time{120'000};   // with waiting; of a handler until it returns. `unavailable` when passed
    Milliseconds stream_time{900'000};  // with waiting; of the function given to events()
    std::size_t memory_bytes = 32 << 20;         // growth of the state through this call
    std::size_t output_bytes = 8 << 20;          // what it returns, sends and hands to operations
    std::size_t log_lines = 64;                  // of print(); more are dropped
    int callback_depth = 8;                      // callbacks of operations inside callbacks
    std::size_t state_memory_bytes = 256 << 20;  // of a whole state
    std::size_t calls = 4096;                    // at once in one state; more are `unavailable`
};

inline constexpr std::size_t kScriptFilesMax = 256;
inline constexpr std::size_t kScriptFileBytesMax = 1 << 20;
inline constexpr std::size_t kScriptRoutesMax = 1000;
inline constexpr std::size_t kScriptJobNameBytesMax = 64;
// No '.': names with one are the jobs of Slipway itself.
inline constexpr std::string_view kScriptJobNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

struct CallContext;
// An error of it is the operation's.
using ScriptGuard = std::function<Task<void>(const CallContext& context)>;

struct ScriptOptions {
    std::filesystem::path folder;  // of the application
    std::vector<std::string> entries = {
        "routes.lua"};  // relative to the folder, run in this order; a missing one is an error
    ScriptLimits limits = {};
    bool development = false;                        // errors of scripts are shown to the caller
    std::map<std::string, ScriptGuard> guards = {};  // by operation: asked before it, when it is bound after that
};

// What C++ knows of a call. Made by who starts the call, seen by every operation of it.
struct CallContext {
    std::string request_id;
    json::value user = nullptr;  // request.user in Lua; null: nobody is signed in
    std::string workspace;       // request.workspace in Lua: the id of the one that the call acts in; "": nil
    std::any principal;          // whatever the composition wants its operations to find (session, workspace, …)
    const net::Request* request = nullptr;  // null outside HTTP, and once a handler has returned
    // Of a WebSocket, and of a stream that has subscribed: what was proven at its beginning may no longer hold.
    bool lasting = false;
    // Of a WebSocket: to be asked before work that would be a request of its own elsewhere (ScriptHttp::admit_message).
    // Empty: do it.
    std::function<Task<void>(const CallContext& context)> admit = {};
    std::vector<net::FormPart> files;  // of a multipart body; a Lua file table has `index` (from 1) into this

    // The part that a Lua file table {index, filename, content_type, size} stands for; nullptr when it is none.
    const net::FormPart* file(const json::value& table) const;
};

// A Lua function that a script gave to an operation. Valid until the operation that received it has ended; call()
// answers `unavailable` afterwards. To be called on the loop of the call; the function may itself call operations.
class ScriptCallback {
 public:
    ScriptCallback() = default;
    explicit operator bool() const { return static_cast<bool>(call_); }
    // Runs the function with one argument and gives its first result. An error that it raised should end the operation.
    Task<json::value> operator()(json::value argument) const { return call_(std::move(argument)); }

 private:
    friend class ScriptLane;
    std::function<Task<json::value>(json::value)> call_;
};

// The arguments are the first Lua argument as JSON ({} when absent). Null as result becomes nil.
using ScriptOperation = std::function<Task<json::value>(CallContext& context, json::value arguments)>;
// The callback is empty when the script gave none.
using StreamingScriptOperation =
    std::function<Task<json::value>(CallContext& context, json::value arguments, ScriptCallback callback)>;

// What one call listens to: channels by the names that scripts give them. Used on the loop of the call.
class ScriptSubscription {
 public:
    virtual ~ScriptSubscription() = default;
    virtual Task<void> add(std::string channel) = 0;
    virtual void remove(std::string_view channel) = 0;
    // What waits, {channel, value} or {missed = true}; nullopt when nothing does, `unavailable` when the server stops.
    // Any other error means that the user of the call may not hear it any more, which is asked each time.
    virtual Task<std::optional<json::value>> take() = 0;
    // Called once something waits after take() had nothing; empty: nobody.
    virtual void on_heard(std::function<void()> tell) = 0;
};
// Of the call's workspace; the context outlives it.
using ScriptSubscribe = std::function<Task<std::unique_ptr<ScriptSubscription>>(CallContext& context)>;

struct ScriptRoute {
    net::Method method = net::Method::get;
    std::string pattern;
    net::Operation operation;
    bool websocket = false;
    bool form = false;        // the body is a form: urlencoded or multipart
    bool replaces = false;    // a route of the default API
    std::string place;        // "routes.lua:12"
    std::size_t handler = 0;  // its number within the generation
};

class ScriptProgram;  // one generation (program.h)

// The handler of what a script declared with job("name", function(job) … end).
std::string job_handler(std::string_view name);

class ScriptHost {
 public:
    explicit ScriptHost(ScriptOptions options);
    ~ScriptHost();
    ScriptHost(const ScriptHost&) = delete;
    ScriptHost& operator=(const ScriptHost&) = delete;

    // `name` is "word.word" or deeper, lower case: slipway.<name> in Lua. A name twice is a bug and throws
    // std::logic_error.
    void bind(std::string name, ScriptOperation operation);
    void bind_streaming(std::string name, StreamingScriptOperation operation);

    // What socket:subscribe() and stream:subscribe() begin with; without it they are refused. Before load().
    void bind_subscriptions(ScriptSubscribe subscribe);

    // `invalid` with details.file and details.line when a script is wrong.
    Result<void> load();
    Result<void> reload() { return load(); }

    // 0 before the first load().
    std::uint64_t generation() const;
    std::shared_ptr<ScriptProgram> program() const;
    std::vector<ScriptRoute> routes() const;

    // Runs what a script declared with handler("name", function(argument) … end); null as argument is nil. `not_found`
    // when there is no such handler. `total_time` in place of the limit's.
    Task<json::value> call(std::string handler, std::shared_ptr<CallContext> context, json::value argument,
                           std::optional<Milliseconds> total_time = {});
    bool has_handler(std::string_view name) const;

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace slipway::app
