// One Lua state: the memory it may take, the hook that counts, what of the running call its C++ functions must find,
// and the sandbox with the application's files loaded into it. Belongs to one thread from its first call on.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "app/script/budget.h"
#include "app/script/host.h"
#include "app/script/lua.h"

namespace slipway::app {

class ScriptLane;

// The *.lua files of the folder as they were when a generation was loaded: "lib/text.lua" → source.
using ScriptSources = std::map<std::string, std::string, std::less<>>;
Result<ScriptSources> read_sources(const std::filesystem::path& folder);

struct ScriptBinding {
    std::string name;
    bool streaming = false;
    StreamingScriptOperation operation;
};

// All that states of one generation have in common; does not change after load().
struct ScriptPlan {
    ScriptOptions options;
    ScriptSources sources;
    std::vector<ScriptBinding> bindings;
    ScriptSubscribe subscribe;
};

// What the files declared while they were loaded. Handler numbers index `functions` (references in the registry of that
// state).
struct ScriptDeclarations {
    std::vector<ScriptRoute> routes;
    std::map<std::string, std::size_t, std::less<>> handlers;
    std::vector<int> functions;
};

class ScriptState {
 public:
    // Builds the sandbox and runs the entry files. `invalid` with file and line.
    static Result<std::shared_ptr<ScriptState>> build(std::shared_ptr<const ScriptPlan> plan);
    ~ScriptState();
    ScriptState(const ScriptState&) = delete;
    ScriptState& operator=(const ScriptState&) = delete;

    lua_State* lua() const { return lua_; }
    const ScriptPlan& plan() const { return *plan_; }
    ScriptDeclarations& declarations() { return declarations_; }
    bool loading() const { return loading_; }

    // Of the slice that runs now; null outside.
    Budget* budget() const { return budget_; }
    ScriptLane* lane() const { return lane_; }
    void enter(Budget* budget, ScriptLane* lane);
    void leave();

    // A call may have left shared tables half changed: no new calls.
    void retire() { retired_ = true; }
    bool retired() const { return retired_; }
    bool on_its_thread() const { return owner_ == std::this_thread::get_id(); }

    // Lua threads that wait for an operation; only its arrival may resume them.
    std::unordered_map<lua_State*, ScriptLane*>& waiting() { return waiting_; }
    std::size_t calls = 0;
    int closing_depth = 0;  // of coroutine.close inside of closing variables
    std::size_t memory() const { return memory_; }

 private:
    explicit ScriptState(std::shared_ptr<const ScriptPlan> plan);
    Result<void> load();
    static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
    void* resize(void* block, std::size_t old_size, std::size_t new_size);

    std::shared_ptr<const ScriptPlan> plan_;
    std::thread::id owner_ = std::this_thread::get_id();
    lua_State* lua_ = nullptr;
    std::size_t memory_ = 0;
    bool loading_ = false;
    bool retired_ = false;
    Budget* budget_ = nullptr;
    ScriptLane* lane_ = nullptr;
    std::unordered_map<lua_State*, ScriptLane*> waiting_;
    ScriptDeclarations declarations_;
};

// How many instructions go by between two calls of the hook; a new coroutine starts its own count and is charged this
// at birth.
inline constexpr int kHookPeriod = 500;

}  // namespace slipway::app
