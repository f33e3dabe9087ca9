// Connection: the WebSocket handshake (RFC 6455 section 4.2) and the handler's time with the socket.
#include "base/log.h"
#include "base/text.h"
#include "net/connection.h"
#include "net/cors.h"
#include "net/websocket_session.h"

namespace slipway::net {
namespace {

constexpr Milliseconds kCloseMax{2'000};  // for the peer's answer to our close
constexpr std::string_view kVersion = "13";
constexpr std::size_t kShownOriginMax = 200;

std::string handshake_answer(std::string_view common, std::string_view request_id, std::string_view accepted) {
    return fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\n{}X-Request-Id: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: {}\r\n\r\n",
        common, request_id, accepted);
}

}  // namespace

std::optional<Response> Connection::refuse_websocket(const Exchange& exchange) {
    const auto& headers = exchange.request.headers;
    if (headers.get("Sec-WebSocket-Version") != kVersion) {
        auto response =
            render(exchange, refuse(426, ErrorCode::invalid, "Only version 13 of WebSocket is spoken here.").error());
        response.headers.set("Sec-WebSocket-Version", std::string(kVersion));
        return response;
    }
    if (!accept_key(trim(headers.get("Sec-WebSocket-Key"))))
        return render(exchange,
                      refuse(400, ErrorCode::invalid, "The Sec-WebSocket-Key is missing or not valid.").error());
    if (may_open_socket(service_.options.cors, exchange.request)) return std::nullopt;
    const auto origin = cut_utf8(headers.get("Origin"), kShownOriginMax);
    log::warning("WebSocket refused", {{"origin", to_valid_utf8(origin)},
                                       {"route", exchange.request.route},
                                       {"request_id", exchange.request.request_id}});
    return render(exchange,
                  refuse(403, ErrorCode::forbidden,
                         "Pages of this origin may not open WebSockets here; cors.origins names those that may.")
                      .error());
}

// False when it came to none.
asio::awaitable<bool> Connection::shake_hands(Exchange& exchange) {
    if (auto refused = refuse_websocket(exchange)) {
        co_await respond(exchange, *refused);
        co_return false;
    }
    exchange.status = 101;
    exchange.keep_alive = false;
    enter(Phase::websocket);
    const auto accepted = accept_key(trim(exchange.request.headers.get("Sec-WebSocket-Key")));
    const auto head = handshake_answer(loop_.common_headers(), exchange.request.request_id, *accepted);
    const std::array<std::string_view, 1> pieces{head};
    co_return co_await send(pieces);
}

asio::awaitable<void> Connection::serve_websocket(Exchange& exchange) {
    if (!co_await shake_hands(exchange)) co_return;
    const auto session = std::make_shared<WebSocketSession>(*this);
    websocket_ = session.get();
    session->start();
    if (service_.draining) session->drain();
    const auto& handler = std::get<WebSocketHandler>(exchange.route->handler);
    const auto outcome = co_await guarded(handler(exchange.request, *session), "WebSocket handler failed", exchange);
    enter(Phase::finishing, kCloseMax);
    const auto code = outcome == Outcome::failed ? close_code::kInternal : close_code::kNormal;
    co_await session->finish(code);
    linger_ = session->failed();
    websocket_ = nullptr;
}

}  // namespace slipway::net
