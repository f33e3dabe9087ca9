// One generation of an application's scripts: the plan, what it declared, and one state for each thread that calls.
// Thread safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "app/script/call.h"
#include "app/script/state.h"

namespace slipway::app {

class ScriptProgram {
 public:
    static Result<std::shared_ptr<ScriptProgram>> build(std::shared_ptr<const ScriptPlan> plan,
                                                        std::uint64_t generation);

    std::uint64_t generation() const { return generation_; }
    const ScriptPlan& plan() const { return *plan_; }
    const std::vector<ScriptRoute>& routes() const { return routes_; }
    std::optional<std::size_t> handler(std::string_view name) const;

    // A call on this thread. `unavailable` when there are too many.
    Result<std::shared_ptr<ScriptCall>> begin(std::shared_ptr<CallContext> context, std::string what);
    // Pushes the function of a handler number; for ScriptLane::Prepare.
    static void push_handler(lua_State* lua, std::size_t handler);

 private:
    ScriptProgram(std::shared_ptr<const ScriptPlan> plan, std::uint64_t generation)
        : plan_(std::move(plan)), generation_(generation) {}
    // That of this thread; a new one when there is none or a limit spoiled it.
    Result<std::shared_ptr<ScriptState>> state();

    std::shared_ptr<const ScriptPlan> plan_;
    std::uint64_t generation_;
    std::vector<ScriptRoute> routes_;
    std::map<std::string, std::size_t, std::less<>> handlers_;
    std::mutex mutex_;
    std::map<std::thread::id, std::shared_ptr<ScriptState>> states_;
};

}  // namespace slipway::app
