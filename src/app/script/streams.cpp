// What scripts send and receive while a request is open: events and WebSocket messages. The functions find the stream
// in the running call, so that one kept in a variable beyond its call reaches nothing.
#include "app/script/http.h"
#include "app/script/sandbox.h"
#include "app/script/values.h"
#include "base/log.h"
#include "base/text.h"

namespace slipway::app {
namespace {

constexpr std::size_t kEventNameBytesMax = 100;
constexpr std::size_t kCloseReasonBytesMax = 123;  // RFC 6455, 5.5

Task<json::value> send_event(std::shared_ptr<ScriptCall> call, std::string event, std::string data) {
    if (!call->events) co_return fail(ErrorCode::unavailable, "There is no stream of events to send on.");
    SLIPWAY_CO_CHECK(co_await call->events->send(std::move(event), std::move(data)));
    co_return json::value();
}

Task<json::value> send_message(std::shared_ptr<ScriptCall> call, std::string text) {
    if (!call->socket || call->socket_closed) co_return fail(ErrorCode::unavailable, "The WebSocket is closed.");
    SLIPWAY_CO_CHECK(co_await call->socket->send(std::move(text)));
    co_return json::value();
}

Task<json::value> close_socket(std::shared_ptr<ScriptCall> call, std::uint16_t code, std::string reason) {
    if (!call->socket || call->socket_closed) co_return json::value();
    call->socket_closed = true;
    co_await call->socket->close(code, std::move(reason));
    co_return json::value();
}

// send(table_or_text [, event_name])
int call_send(lua_State* lua) {
    auto call = running_call(lua);
    luaL_checkany(lua, 1);
    auto data = read_message(lua, 1);
    std::string event = lua_isnoneornil(lua, 2) ? std::string() : std::string(text_at(lua, 2));
    if (event.size() > kEventNameBytesMax || event.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
        !is_valid_utf8(event))
        raise(lua, "the name of an event is one short line of text");
    auto start = [call = std::move(call), event = std::move(event), data = std::move(data)]() mutable {
        return send_event(std::move(call), std::move(event), std::move(data));
    };
    return ScriptLane::suspend(lua, std::move(start));
}

// The socket itself is argument 1 of each.
int call_socket_send(lua_State* lua) {
    auto call = running_call(lua);
    luaL_checkany(lua, 2);
    auto text = read_message(lua, 2);
    auto start = [call = std::move(call), text = std::move(text)]() mutable {
        return send_message(std::move(call), std::move(text));
    };
    return ScriptLane::suspend(lua, std::move(start));
}

int call_socket_receive(lua_State* lua) {
    auto start = [call = running_call(lua)]() mutable { return receive_message(std::move(call)); };
    return ScriptLane::suspend(lua, std::move(start));
}

int call_socket_close(lua_State* lua) {
    const auto code = luaL_optinteger(lua, 2, 1000);
    const bool standard = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
    if (!standard && (code < 3000 || code > 4999))
        raise(lua, "{} is no code that a WebSocket can be closed with", code);
    const std::string_view given = lua_isnoneornil(lua, 3) ? std::string_view() : text_at(lua, 3);
    auto reason = std::string(cut_utf8(to_valid_utf8(given), kCloseReasonBytesMax));
    auto start = [call = running_call(lua), code, reason = std::move(reason)]() mutable {
        return close_socket(std::move(call), static_cast<std::uint16_t>(code), std::move(reason));
    };
    return ScriptLane::suspend(lua, std::move(start));
}

std::pair<std::string, std::string> render_event_error(const ScriptHttp& http, const Error& error) {
    if (http.render_event_error) return http.render_event_error(error);
    const json::object body{{"code", to_string(error.code)}, {"message", error.message}, {"details", error.details}};
    return {"error", write_json(json::object{{"error", body}})};
}

}  // namespace

std::shared_ptr<ScriptCall> running_call(lua_State* lua) {
    auto* lane = state_of(lua).lane();
    if (!lane) raise(lua, "there is no request");
    return lane->shared_call();
}

Task<json::value> receive_message(std::shared_ptr<ScriptCall> call) {
    if (!call->socket || call->socket_closed) co_return fail(ErrorCode::unavailable, "The WebSocket is closed.");
    SLIPWAY_CO_TRY(auto message, co_await call->socket->receive());
    call->budget.renew();
    if (!message) {
        call->socket_closed = true;
        co_return json::value();
    }
    co_return json::value(std::string_view(message->data));
}

void push_send(lua_State* lua) { lua_pushcfunction(lua, guarded<call_send>); }

void push_socket(lua_State* lua) {
    lua_createtable(lua, 0, 6);
    const luaL_Reg own[] = {{"send", guarded<call_socket_send>},
                            {"receive", guarded<call_socket_receive>},
                            {"close", guarded<call_socket_close>},
                            {nullptr, nullptr}};
    luaL_setfuncs(lua, own, 0);
    add_subscription_functions(lua);
    lock_table(lua, "socket");
}

void push_stream(lua_State* lua) {
    lua_createtable(lua, 0, 3);
    add_subscription_functions(lua);
    lock_table(lua, "stream");
}

asio::awaitable<void> run_events(std::shared_ptr<ScriptCall> call, std::shared_ptr<const ScriptHttp> http, int function,
                                 net::EventStream& stream) {
    call->events = &stream;
    const std::shared_ptr<void> leave(nullptr, [call](void*) {
        call->events = nullptr;
        call->subscription.reset();
    });
    ScriptLane::Prepare prepare = [function](lua_State* lua) {
        lua_rawgeti(lua, LUA_REGISTRYINDEX, function);
        push_send(lua);
        push_stream(lua);
        return 2;
    };
    ScriptLane::Accept accept = [](lua_State*) {};
    auto task = ScriptLane::run(call, std::move(prepare), std::move(accept));
    const auto limit = call->state->plan().options.limits.stream_time;
    auto what = call->what;
    const auto result = co_await with_timeout(std::move(task), limit, std::move(what));
    if (result) co_return;
    auto [event, data] = render_event_error(*http, result.error());
    // When the client is gone there is nobody to tell.
    [[maybe_unused]] const auto sent = co_await stream.send(std::move(event), std::move(data));
}

}  // namespace slipway::app
