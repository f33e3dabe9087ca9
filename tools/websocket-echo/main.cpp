// A WebSocket at every path that sends back what it is sent, so that the cases of the Autobahn TestSuite can be run
// against src/net (tests/end_to_end/test_autobahn.py). Prints "listening on ws://ADDRESS:PORT"; ends with SIGTERM or
// SIGINT.
#include <cstdio>

#include "../serve_until_signal.h"
#include "base/log.h"
#include "net/server.h"
#include "net/websocket_session.h"

namespace slipway::net {
namespace {

constexpr std::size_t kMessageMax = 32 << 20;  // the largest of the cases is 16 MB

asio::awaitable<void> echo(Request&, WebSocket& socket) {
    auto& session = static_cast<WebSocketSession&>(socket);  // binary messages are the room's own business
    while (true) {
        auto message = co_await session.receive();
        if (!message || !*message) co_return;
        const auto sent = co_await session.send(std::move(**message));
        if (!sent) co_return;
    }
}

Result<void> serve() {
    ServerOptions options;
    options.port = 0;
    options.server_name = "websocket-echo";
    options.limits.websocket_message_bytes_max = kMessageMax;
    auto router = std::make_shared<Router>();
    router->add_websocket("/{path:rest}", {}, echo);
    router->add_websocket("/", {}, echo);
    return tools::serve_until_signal(options, std::move(router), {}, "ws");
}

}  // namespace
}  // namespace slipway::net

int main() {
    slipway::log::set_level(slipway::log::Level::error);
    const auto served = slipway::net::serve();
    if (served) return 0;
    std::fprintf(stderr, "websocket-echo: %s\n", served.error().message.c_str());
    return 1;
}
