// What scripts hear while a WebSocket or a stream of events is open: subscribe(name), unsubscribe(name), and events(),
// over which `for` goes.
#include "app/script/http.h"
#include "app/script/sandbox.h"
#include "app/script/values.h"

namespace slipway::app {
namespace {

constexpr Milliseconds kLookEvery{15'000};  // whether the user still may, while nothing happens

Result<void> check_open(const ScriptCall& call) {
    if (call.events != nullptr || (call.socket != nullptr && !call.socket_closed)) return {};
    return fail(ErrorCode::unavailable, "The stream is closed.");
}

Task<json::value> subscribe(std::shared_ptr<ScriptCall> call, std::string channel) {
    SLIPWAY_CO_CHECK(check_open(*call));
    const auto& begin = call->state->plan().subscribe;
    if (!begin) co_return fail(ErrorCode::unavailable, "There are no channels here.");
    if (!call->subscription) {
        call->context->lasting = true;
        SLIPWAY_CO_TRY(call->subscription, co_await begin(*call->context));
    }
    SLIPWAY_CO_CHECK(co_await call->subscription->add(std::move(channel)));
    co_return json::value();
}

Task<json::value> unsubscribe(std::shared_ptr<ScriptCall> call, std::string channel) {
    if (call->subscription) call->subscription->remove(channel);
    co_return json::value();
}

// Until the client sends something, something is heard, or it is time to look. Null: nothing of the client's.
Task<std::optional<json::value>> wait_for_client(std::shared_ptr<ScriptCall> call) {
    const auto stop = std::make_shared<Stop>();
    Stop::ask_after(stop, co_await asio::this_coro::executor, kLookEvery);
    const std::shared_ptr<void> listening(nullptr, [call](void*) {
        if (call->subscription) call->subscription->on_heard({});
    });
    if (call->subscription) call->subscription->on_heard([stop] { stop->ask(); });
    std::optional<Result<json::value>> received;
    auto work = call->socket != nullptr ? store_in(received, receive_message(call)) : sleep_for(kLookEvery);
    co_await run_until(stop, std::move(work));
    if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "The client has hung up.");
    if (!received || (!*received && stop->asked())) co_return std::optional<json::value>();
    SLIPWAY_CO_TRY(auto message, *std::move(received));
    co_return std::optional(std::move(message));
}

Task<json::value> next_event(std::shared_ptr<ScriptCall> call) {
    SLIPWAY_CO_CHECK(check_open(*call));
    while (true) {
        if (call->subscription) {
            auto heard = co_await call->subscription->take();
            const bool stopping = !heard && heard.error().code == ErrorCode::unavailable;
            if (!heard && !stopping) co_return pass(heard);
            if (stopping && call->socket == nullptr) co_return json::value();
            if (stopping) call->subscription.reset();  // the socket is closed soon, as the server drains
            if (!stopping && *heard) {
                call->budget.renew();
                co_return **std::move(heard);
            }
        }
        SLIPWAY_CO_TRY(auto message, co_await wait_for_client(call));
        if (!message) continue;
        if (message->is_null()) co_return json::value();  // closed
        co_return json::value(json::object{{"message", *std::move(message)}});
    }
}

std::string channel_at(lua_State* lua, int index) {
    charge(lua, 100);
    return std::string(text_at(lua, index));
}

// The socket or stream itself is argument 1 of each.
int call_subscribe(lua_State* lua) {
    auto start = [call = running_call(lua), channel = channel_at(lua, 2)]() mutable {
        return subscribe(std::move(call), std::move(channel));
    };
    return ScriptLane::suspend(lua, std::move(start));
}

int call_unsubscribe(lua_State* lua) {
    auto start = [call = running_call(lua), channel = channel_at(lua, 2)]() mutable {
        return unsubscribe(std::move(call), std::move(channel));
    };
    return ScriptLane::suspend(lua, std::move(start));
}

int call_next_event(lua_State* lua) {
    auto start = [call = running_call(lua)]() mutable { return next_event(std::move(call)); };
    return ScriptLane::suspend(lua, std::move(start));
}

int call_events(lua_State* lua) {
    lua_pushcfunction(lua, guarded<call_next_event>);
    return 1;
}

}  // namespace

void add_subscription_functions(lua_State* lua) {
    const luaL_Reg own[] = {{"subscribe", guarded<call_subscribe>},
                            {"unsubscribe", guarded<call_unsubscribe>},
                            {"events", guarded<call_events>},
                            {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
}

}  // namespace slipway::app
