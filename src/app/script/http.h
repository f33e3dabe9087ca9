// The pieces of routes.cpp: the request as Lua sees it, the answer as it was returned, and what scripts send on
// streams.
#pragma once

#include <variant>

#include "app/script/call.h"
#include "app/script/routes.h"

namespace slipway::app {

// The `request` table as JSON; files of a form go into the context. `invalid` when query or body do not fit the route.
Result<json::value> read_request(const net::Request& request, const ScriptRoute& route, CallContext& context);

// events(): the function, referenced in the registry and owned by the call.
struct ScriptEvents {
    int function = LUA_NOREF;
};
using ScriptAnswer = std::variant<net::Response, ScriptEvents>;
// Inside the sandbox: what the handler left on the stack. Raises for what is no answer.
ScriptAnswer read_answer(lua_State* lua, const ScriptRoute& route);
// Text as it is, anything else as JSON. Charged as output.
std::string read_message(lua_State* lua, int index);

void push_send(lua_State* lua);    // the `send` of events()
void push_socket(lua_State* lua);  // the `socket` of a WebSocket handler
void push_stream(lua_State* lua);  // the `stream` of events()
// subscribe, unsubscribe and events, into the table on top of the stack.
void add_subscription_functions(lua_State* lua);

// Of the call that runs now; raises when there is none.
std::shared_ptr<ScriptCall> running_call(lua_State* lua);
// What the client sent on the call's WebSocket as text; null once it is closed.
Task<json::value> receive_message(std::shared_ptr<ScriptCall> call);

asio::awaitable<void> run_events(std::shared_ptr<ScriptCall> call, std::shared_ptr<const ScriptHttp> http, int function,
                                 net::EventStream& stream);

}  // namespace slipway::app
