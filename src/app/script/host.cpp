#include "app/script/host.h"

#include <mutex>
#include <stdexcept>

#include "app/script/program.h"
#include "app/script/values.h"
#include "base/text.h"

namespace slipway::app {

Result<std::shared_ptr<ScriptProgram>> ScriptProgram::build(std::shared_ptr<const ScriptPlan> plan,
                                                            std::uint64_t generation) {
    std::shared_ptr<ScriptProgram> program(new ScriptProgram(std::move(plan), generation));
    SLIPWAY_TRY(auto state, ScriptState::build(program->plan_));
    program->routes_ = state->declarations().routes;
    program->handlers_ = state->declarations().handlers;
    program->states_[std::this_thread::get_id()] = std::move(state);
    return program;
}

std::optional<std::size_t> ScriptProgram::handler(std::string_view name) const {
    const auto found = handlers_.find(name);
    return found == handlers_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::shared_ptr<ScriptState>> ScriptProgram::state() {
    const auto thread = std::this_thread::get_id();
    {
        const std::lock_guard lock(mutex_);
        const auto found = states_.find(thread);
        if (found != states_.end() && !found->second->retired()) return found->second;
    }
    SLIPWAY_TRY(auto fresh, ScriptState::build(plan_));
    const auto& declared = fresh->declarations();
    const auto same = [](const ScriptRoute& a, const ScriptRoute& b) {
        return a.pattern == b.pattern && a.method == b.method;
    };
    if (!std::equal(routes_.begin(), routes_.end(), declared.routes.begin(), declared.routes.end(), same) ||
        declared.handlers != handlers_)
        return fail(ErrorCode::internal, "The application's scripts declare other routes each time they are loaded.");
    const std::lock_guard lock(mutex_);
    states_[thread] = fresh;
    return fresh;
}

Result<std::shared_ptr<ScriptCall>> ScriptProgram::begin(std::shared_ptr<CallContext> context, std::string what) {
    SLIPWAY_TRY(auto own, state());
    if (own->calls >= plan_->options.limits.calls)
        return fail(ErrorCode::unavailable,
                    "Too many calls of the application's scripts at once; try again in a moment.");
    return std::make_shared<ScriptCall>(std::move(own), std::move(context), std::move(what));
}

void ScriptProgram::push_handler(lua_State* lua, std::size_t handler) {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, state_of(lua).declarations().functions.at(handler));
}

const net::FormPart* CallContext::file(const json::value& table) const {
    if (!table.is_object()) return nullptr;
    const auto index = integer_or(table.get_object(), "index", 0);
    if (index < 1 || static_cast<std::size_t>(index) > files.size()) return nullptr;
    return &files[static_cast<std::size_t>(index) - 1];
}

std::string job_handler(std::string_view name) { return fmt::format("job {}", name); }

static StreamingScriptOperation guarded(ScriptGuard guard, StreamingScriptOperation operation) {
    return [guard = std::move(guard), operation = std::move(operation)](CallContext& context, json::value arguments,
                                                                        ScriptCallback callback) -> Task<json::value> {
        SLIPWAY_CO_CHECK(co_await guard(context));
        co_return co_await operation(context, std::move(arguments), std::move(callback));
    };
}

struct ScriptHost::State {
    ScriptOptions options;
    std::vector<ScriptBinding> bindings;
    ScriptSubscribe subscribe;
    mutable std::mutex mutex;
    std::uint64_t generation = 0;
    std::shared_ptr<ScriptProgram> program;
};

ScriptHost::ScriptHost(ScriptOptions options) : state_(std::make_unique<State>()) {
    state_->options = std::move(options);
}
ScriptHost::~ScriptHost() = default;

void ScriptHost::bind(std::string name, ScriptOperation operation) {
    StreamingScriptOperation wrapped = [operation = std::move(operation)](CallContext& context, json::value arguments,
                                                                          ScriptCallback /*none*/) {
        return operation(context, std::move(arguments));
    };
    bind_streaming(name, std::move(wrapped));
    state_->bindings.back().streaming = false;
}

void ScriptHost::bind_streaming(std::string name, StreamingScriptOperation operation) {
    for (const auto& binding : state_->bindings) {
        const auto& shorter = binding.name.size() < name.size() ? binding.name : name;
        const auto& longer = binding.name.size() < name.size() ? name : binding.name;
        if (longer == shorter || longer.starts_with(shorter + "."))
            throw std::logic_error(fmt::format("The operation {} is bound already (as {}).", name, binding.name));
    }
    for (const auto word : split(name, '.'))
        if (word.empty() || word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string_view::npos)
            throw std::logic_error(fmt::format("{} is no name of an operation.", name));
    if (const auto guard = state_->options.guards.find(name); guard != state_->options.guards.end())
        operation = guarded(guard->second, std::move(operation));
    state_->bindings.push_back({std::move(name), true, std::move(operation)});
}

void ScriptHost::bind_subscriptions(ScriptSubscribe subscribe) { state_->subscribe = std::move(subscribe); }

Result<void> ScriptHost::load() {
    auto plan = std::make_shared<ScriptPlan>();
    plan->options = state_->options;
    plan->bindings = state_->bindings;
    plan->subscribe = state_->subscribe;
    SLIPWAY_TRY(plan->sources, read_sources(plan->options.folder));
    const std::lock_guard lock(state_->mutex);
    SLIPWAY_TRY(state_->program, ScriptProgram::build(std::move(plan), state_->generation + 1));
    ++state_->generation;
    return {};
}

std::uint64_t ScriptHost::generation() const {
    const std::lock_guard lock(state_->mutex);
    return state_->generation;
}

std::shared_ptr<ScriptProgram> ScriptHost::program() const {
    const std::lock_guard lock(state_->mutex);
    return state_->program;
}

std::vector<ScriptRoute> ScriptHost::routes() const {
    const auto running = program();
    return running ? running->routes() : std::vector<ScriptRoute>();
}

bool ScriptHost::has_handler(std::string_view name) const {
    const auto running = program();
    return running && running->handler(name);
}

Task<json::value> ScriptHost::call(std::string handler, std::shared_ptr<CallContext> context, json::value argument,
                                   std::optional<Milliseconds> total_time) {
    const auto running = program();
    const auto number = running ? running->handler(handler) : std::nullopt;
    if (!number) co_return fail(ErrorCode::not_found, "The application's scripts have no handler(\"{}\", …).", handler);
    SLIPWAY_CO_TRY(auto call, running->begin(std::move(context), "handler " + handler));
    json::value result;
    ScriptLane::Prepare prepare = [&](lua_State* lua) {
        ScriptProgram::push_handler(lua, *number);
        push_value(lua, argument);
        return 1;
    };
    ScriptLane::Accept accept = [&](lua_State* lua) {
        if (lua_gettop(lua) > 0) result = read_json(lua, 1);
    };
    auto task = ScriptLane::run(call, std::move(prepare), std::move(accept));
    const auto limit = total_time.value_or(running->plan().options.limits.total_time);
    auto what = "The script handler " + handler;
    SLIPWAY_CO_CHECK(co_await with_timeout(std::move(task), limit, std::move(what)));
    co_return result;
}

}  // namespace slipway::app
