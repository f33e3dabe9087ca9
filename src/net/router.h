// Routes: method and path pattern to handler, with what the OpenAPI document says about each.
//
// A pattern is literal segments and parameters: "/api/chats/{id}", "/files/{path:rest}" (the rest with slashes),
// "/v1/items/{n:int}" (matches decimal digits only). Literal segments win over parameters. A trailing slash on the
// request is accepted.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "net/http.h"

namespace slipway::net {

// What OpenAPI and the server need to know of a route.
struct Operation {
    std::string summary;
    std::string tag;
    json::object parameters = {};     // name → JSON Schema of query parameters ("required": true inside is honoured)
    json::value request_schema = {};  // JSON Schema of the body; null when there is none
    std::string request_type = "application/json";
    json::value response_schema = {};  // of the 2xx answer
    int success_status = 200;
    std::string response_type = "application/json";
    bool authenticated = true;  // needs a bearer token
    // What whoever calls it must be allowed ("documents:read"). A route that needs nobody signed in has none.
    std::string scope = {};
    std::string workspace = {};  // the parameter of the pattern that names the workspace; "": the pattern names none
    std::size_t body_bytes_max = 1 << 20;
    Milliseconds time_max{60'000};  // until the response begins; a stream may last longer
    bool hidden = false;            // not in OpenAPI
    // What errors look like that the server finds for this route: too large, too late, not admitted. Empty: as the
    // server's ErrorRenderer says. The status of the response is set by the server.
    std::function<Response(const Request& request, const Error& error)> render_error = {};
};

struct Route {
    Method method = Method::get;
    std::string pattern;
    Operation operation;
    std::variant<Handler, WebSocketHandler> handler;
};

struct Match {
    const Route* route = nullptr;  // null: 404, or 405 when `allowed` is not empty
    Fields parameters;
    std::vector<Method> allowed;  // without a route: the methods that this path has
};

// Says what is wrong with a pattern: `invalid`. For patterns that an application wrote.
Result<void> check_pattern(std::string_view pattern);

// Filled once, then read by all loops at the same time. HEAD is served by GET routes; the server answers OPTIONS
// itself.
class Router {
 public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    // A pattern that check_pattern() refuses, or a route that exists already (has()), is a bug: std::invalid_argument.
    void add(Method method, std::string pattern, Operation operation, Handler handler);
    void add_websocket(std::string pattern, Operation operation, WebSocketHandler handler);
    // In place of the one that has() tells of; where there is none, that is a bug.
    void replace(Method method, std::string pattern, Operation operation, Handler handler);
    // `path` is decoded. A WebSocket route matches only when `upgrade` is set.
    Match match(Method method, std::string_view path, bool upgrade = false) const;
    // Whether this very route exists: parameters count by place and kind, not by name.
    bool has(Method method, std::string_view pattern) const;
    bool has_websocket(std::string_view pattern) const;
    const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
    struct Node;
    void insert(std::size_t slot, std::unique_ptr<Route> route, bool replaces = false);
    bool occupied(std::size_t slot, std::string_view pattern) const;

    std::unique_ptr<Node> root_;
    std::vector<std::unique_ptr<Route>> routes_;
};

// The OpenAPI 3.1 document of all routes that are not hidden. Failures refer to #/components/responses/Error, whose
// schema is `error_schema` (null: {"error": {"code", "message", "details"}}). Bearer tokens are the security scheme
// "bearer".
json::object openapi(const Router& router, std::string_view title, std::string_view version,
                     json::value error_schema = {});

}  // namespace slipway::net
