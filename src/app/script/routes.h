// Lua routes as handlers of the HTTP server.
//
//     route.post("/api/v1/chats/{id:int}", {summary = "…", tag = "…", query = {page = {type = "integer", default = 1}},
//         body = {type = "object", required = {"content"}, properties = {content = {type = "string", minLength = 1}}},
//         response = {…}, status = 201, auth = true, scope = "content:write", workspace = "workspace_id",
//         body_max = 65536, time_max = 60000, form = false, hidden = false,
//         replaces = false},  -- true: a route of the default API gives way
//       function(request) … end)
//     route.get/put/patch/delete(pattern, [options,] function); route.websocket(pattern, [options,] function(socket,
//     request) … end)
//
// scope: what whoever calls must be allowed (ScriptHttp::authenticate asks); with auth = false nobody need be.
// workspace: the parameter of the path that names the workspace in which the call acts.
//
// request: method, path, params ({id:int} is an integer), query (declared ones typed, with defaults; others as text),
// headers (lower case), body, request_id, user and workspace (as CallContext says,
// or nil). body: the parsed JSON (nil when there is
// none); with form = true a table of the fields, typed by the schema, a file as {index, filename, content_type, size}
// whose bytes stay in C++ (CallContext::file). Query and body that do not fit their schema are `invalid` with
// details.errors before the function runs (base/json_schema.h). Authentication comes first.
//
// A handler returns: a table (JSON, status of the route, 200 by default) or a text (text/plain); nothing (204);
// respond(status, table_or_text_or_nil, headers); or events(function(send, stream) … send(table_or_text [, event_name])
// … end). send() waits until the client took the event, and raises `unavailable` once it is gone. An error inside of
// events() ends the stream with the event that ScriptHttp::render_event_error makes.
//
// socket: socket:receive() (the next message as text, nil when the client closed; the limits begin anew with each
// message), socket:send(table_or_text), socket:close([code [, reason]]). socket:subscribe(channel) and
// socket:unsubscribe(channel), then `for event in socket:events() do`: {message = text} of the client, {channel, value}
// of slipway.channels.publish, {missed = true} when something of that was lost; it ends when the client or the server
// does. A stream has the same three, without messages. Who is signed in is asked again for each event of a channel.
// After the function it is closed with 1000, after an error with 1011, when authentication or the query failed with
// 1008.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "app/script/host.h"
#include "app/script/program.h"
#include "net/router.h"

namespace slipway::app {

// Beginnings of patterns: as a script declares them → as they are served, neither with a slash at the end.
using RoutePrefixes = std::vector<std::pair<std::string, std::string>>;
// The pattern under which a route is served: "/api/v1/chats" by /api/v1 → /v2 is "/v2/chats". The first that fits
// counts; "/api/v10" does not begin with /api/v1.
std::string served_pattern(const RoutePrefixes& prefixes, std::string_view declared);

// What the composition gives to all Lua routes.
struct ScriptHttp {
    // Fills user and principal of the context; an error ends the request (operation.authenticated says whether somebody
    // must be signed in). The request outlives the task. Empty: nobody is ever signed in, and routes that need it
    // answer `unauthorized`.
    std::function<Task<void>(const net::Request& request, const net::Operation& operation, CallContext& context)>
        authenticate = {};
    // Required. An `internal` error carries nothing that clients may not see.
    std::function<net::Response(const net::Request& request, const Error& error)> render_error = {};
    // (event name, data). Empty: ("error", {"error":{"code","message","details"}}).
    std::function<std::pair<std::string, std::string>(const Error& error)> render_event_error = {};
    RoutePrefixes prefixes = {};
    // CallContext::admit of WebSockets, whose messages the server does not see as requests.
    std::function<Task<void>(const CallContext& context)> admit_message = {};
};

net::Handler script_handler(std::shared_ptr<ScriptProgram> program, ScriptRoute route,
                            std::shared_ptr<const ScriptHttp> http);
net::WebSocketHandler script_websocket(std::shared_ptr<ScriptProgram> program, ScriptRoute route,
                                       std::shared_ptr<const ScriptHttp> http);

// All routes of the running generation. After ScriptHost::reload(), fill a new Router and hand it to
// Server::set_router(). `conflict` names a route whose pattern the router has already.
Result<void> add_script_routes(net::Router& router, const ScriptHost& host, std::shared_ptr<const ScriptHttp> http);

}  // namespace slipway::app
