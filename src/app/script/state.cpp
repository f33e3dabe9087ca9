#include "app/script/state.h"

#include <charconv>
#include <cstdlib>

#include "app/script/sandbox.h"
#include "app/script/values.h"

namespace slipway::app {
namespace {

// Every kHookPeriod instructions. Once a limit is passed, every instruction: closing variables and message handlers of
// the script get no further.
void on_count(lua_State* lua, lua_Debug* /*unused*/) {
    auto* budget = state_of(lua).budget();
    if (!budget || budget->charge(kHookPeriod)) return;
    lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
    raise_limit(lua);
}

// Only a bug gets here: everything runs protected. Better one failed request than a dead process.
int on_panic(lua_State* lua) {
    const char* message = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "no message";
    throw std::logic_error(fmt::format("Lua failed outside a protected call: {}", message));
}

void run_file(lua_State* lua, const std::string& name, const std::string& source) {
    const auto chunk = "@" + name;
    if (luaL_loadbufferx(lua, source.data(), source.size(), chunk.c_str(), "t") != LUA_OK) lua_error(lua);
    push_environment(lua);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 0);
}

int message_of_error(lua_State* lua) {
    Error error;
    if (lua_type(lua, 1) == LUA_TSTRING) return 1;
    if (read_error(lua, 1, error)) {
        push_text(lua, error.message);
    } else {
        lua_pushfstring(lua, "the error is a %s", luaL_typename(lua, 1));
    }
    return 1;
}

// "routes.lua:12: what is wrong" → details.file, details.line.
Error load_error(std::string message) {
    Error error{ErrorCode::invalid, std::move(message)};
    const std::string_view text = error.message;
    const auto suffix = text.find(".lua:");
    if (suffix == std::string_view::npos) return error;
    int line = 0;
    const auto digits = text.substr(suffix + 5);
    std::from_chars(digits.data(), digits.data() + digits.size(), line);
    if (line > 0) {
        error.details["file"] = std::string(text.substr(0, suffix + 4));
        error.details["line"] = line;
    }
    return error;
}

}  // namespace

void raise_limit(lua_State* lua) {
    const auto* budget = state_of(lua).budget();
    const auto limit = budget ? budget->doomed() : ScriptLimit::none;
    raise(lua, "the script passed its limit of {}", to_string(limit));
}

void charge(lua_State* lua, std::size_t steps) {
    auto* budget = state_of(lua).budget();
    if (budget && !budget->charge(static_cast<std::int64_t>(steps))) raise_limit(lua);
}

void ScriptText::reserve(std::size_t more) {
    const auto needed = text_.size() + more;
    if (needed <= allowed_ && needed >= more) return charge(lua_, 1 + more / 16);
    auto* budget = state_of(lua_).budget();
    if (budget && !budget->may_grow(needed)) {
        lua_gc(lua_, LUA_GCCOLLECT);
        if (needed < more || !budget->may_grow(needed)) {
            budget->doom(ScriptLimit::memory);
            raise_limit(lua_);
        }
    }
    allowed_ = needed + needed / 2 + 1024;
    charge(lua_, 1 + more / 16);
}

ScriptState::ScriptState(std::shared_ptr<const ScriptPlan> plan) : plan_(std::move(plan)) {}

ScriptState::~ScriptState() {
    if (lua_) lua_close(lua_);
}

Result<std::shared_ptr<ScriptState>> ScriptState::build(std::shared_ptr<const ScriptPlan> plan) {
    std::shared_ptr<ScriptState> state(new ScriptState(std::move(plan)));
    state->lua_ = lua_newstate(&ScriptState::allocate, state.get());
    if (!state->lua_) return fail(ErrorCode::internal, "There is no memory for a Lua state.");
    *static_cast<ScriptState**>(lua_getextraspace(state->lua_)) = state.get();
    lua_atpanic(state->lua_, on_panic);
    SLIPWAY_CHECK(state->load());
    return state;
}

Result<void> ScriptState::load() {
    Budget budget(plan_->options.limits);
    loading_ = true;
    enter(&budget, nullptr);
    auto work = [this] {
        open_values(lua_);
        open_sandbox(lua_);
        lua_sethook(lua_, on_count, LUA_MASKCOUNT, kHookPeriod);
        lua_pushcfunction(lua_, guarded<message_of_error>);
        const lua_CFunction run = [](lua_State* lua) {
            const auto& plan = state_of(lua).plan();
            for (const auto& entry : plan.options.entries) {
                const auto source = plan.sources.find(entry);
                if (source == plan.sources.end())
                    return luaL_error(lua, "There is no file %s in the folder.", entry.c_str());
                run_file(lua, source->first, source->second);
            }
            return 0;
        };
        lua_pushcfunction(lua_, run);
        if (lua_pcall(lua_, 0, 0, 1) != LUA_OK) lua_error(lua_);
    };
    auto problem = run_protected(lua_, work);
    leave();
    loading_ = false;
    if (budget.doomed() != ScriptLimit::none && problem.empty())
        problem = "A limit was passed while the files were loaded.";
    if (!problem.empty()) return std::unexpected(load_error(std::move(problem)));
    return {};
}

void ScriptState::enter(Budget* budget, ScriptLane* lane) {
    budget_ = budget;
    lane_ = lane;
    budget->start_running();
}

void ScriptState::leave() {
    budget_->stop_running();
    budget_ = nullptr;
    lane_ = nullptr;
}

void* ScriptState::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
    // Lua passes the kind of object in old_size when there is no block yet.
    return static_cast<ScriptState*>(self)->resize(block, block ? old_size : 0, new_size);
}

void* ScriptState::resize(void* block, std::size_t old_size, std::size_t new_size) {
    const auto change = static_cast<std::ptrdiff_t>(new_size) - static_cast<std::ptrdiff_t>(old_size);
    if (change > 0) {
        const auto more = static_cast<std::size_t>(change);
        if (memory_ + more > plan_->options.limits.state_memory_bytes) return nullptr;
        if (budget_ && !budget_->may_grow(more)) return nullptr;
    }
    void* resized = nullptr;
    if (new_size == 0) {
        std::free(block);
    } else {
        resized = std::realloc(block, new_size);
        if (!resized) return nullptr;
    }
    memory_ += static_cast<std::size_t>(change);
    if (budget_) budget_->grown(change);
    return resized;
}

}  // namespace slipway::app
