// Streams that remember what was sent to them, in place of those of a server.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "app/script/fixture.h"
#include "app/script/routes.h"

namespace slipway::app {

struct FakeEvents final : net::EventStream {
    std::vector<std::string> sent;  // "event: data"
    std::size_t gone_after = SIZE_MAX;

    Task<void> send(std::string event, std::string data) override {
        co_await sleep_for(Milliseconds(0));
        if (sent.size() >= gone_after) co_return fail(ErrorCode::unavailable, "The client is gone.");
        sent.push_back(event + ": " + data);
        co_return Result<void>();
    }
};

struct FakeSocket final : net::WebSocket {
    std::deque<std::string> incoming;
    std::vector<std::string> sent;
    std::string closed;  // "code reason"

    Task<std::optional<net::WebSocketMessage>> receive() override {
        co_await sleep_for(Milliseconds(0));
        std::optional<net::WebSocketMessage> message;
        if (!incoming.empty()) {
            message.emplace(net::WebSocketMessage{false, incoming.front()});
            incoming.pop_front();
        }
        co_return message;
    }
    Task<void> send(std::string text) override {
        co_await sleep_for(Milliseconds(0));
        sent.push_back(std::move(text));
        co_return Result<void>();
    }
    asio::awaitable<void> close(std::uint16_t code, std::string reason) override {
        closed = fmt::format("{} {}", code, reason);
        co_return;
    }
};

// An application of one file behind a router, as the composition would put it there.
class ScriptApplication {
 public:
    explicit ScriptApplication(std::string_view routes) {
        folder.write("routes.lua", routes);
        host = std::make_unique<ScriptHost>(folder.options);
        http->render_error = [](const net::Request&, const Error& error) {
            const int status = error.code == ErrorCode::invalid        ? 422
                               : error.code == ErrorCode::unauthorized ? 401
                               : error.code == ErrorCode::not_found    ? 404
                                                                       : 500;
            const json::object body{
                {"code", to_string(error.code)}, {"message", error.message}, {"details", error.details}};
            return net::Response::of_json(status, body);
        };
        http->authenticate = [](const net::Request& request, const net::Operation& operation,
                                CallContext& context) -> Task<void> {
            const auto token = request.headers.get("Authorization");
            if (token == "Bearer ada") context.user = json::object{{"id", 7}, {"name", "Ada"}};
            if (operation.authenticated && context.user.is_null())
                co_return fail(ErrorCode::unauthorized, "Who are you?");
            co_return Result<void>();
        };
    }

    net::Router& load() {
        const auto loaded = host->load();
        EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
        router = std::make_unique<net::Router>();
        const auto added = add_script_routes(*router, *host, http);
        EXPECT_TRUE(added) << (added ? "" : added.error().message);
        return *router;
    }

    net::Response send(net::Request& request) {
        if (!router) load();
        auto match = router->match(request.method, request.path);
        if (!match.route) return net::Response::text(404, "no route");
        request.parameters = std::move(match.parameters);
        request.request_id = "request-1";
        return run_to_end(std::get<net::Handler>(match.route->handler)(request));
    }
    net::Response send(net::Method method, std::string path, std::string body = "", net::Fields query = {}) {
        net::Request request;
        request.method = method;
        request.path = std::move(path);
        request.body = std::move(body);
        request.query = std::move(query);
        return send(request);
    }

    void connect(net::Request& request, net::WebSocket& socket) {
        if (!router) load();
        auto match = router->match(net::Method::get, request.path, true);
        ASSERT_TRUE(match.route);
        run_to_end(std::get<net::WebSocketHandler>(match.route->handler)(request, socket));
    }

    ScriptFolder folder;
    std::unique_ptr<ScriptHost> host;
    std::shared_ptr<ScriptHttp> http = std::make_shared<ScriptHttp>();
    std::unique_ptr<net::Router> router;
};

// "200 body"
inline std::string shown(const net::Response& response) {
    const auto* body = std::get_if<std::string>(&response.body);
    return fmt::format("{} {}", response.status, body ? *body : "(stream)");
}

}  // namespace slipway::app
