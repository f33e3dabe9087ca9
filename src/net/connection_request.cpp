// Connection: from bytes to a request with its route, or a refusal.
#include "net/connection.h"
#include "net/cors.h"
#include "net/forwarded.h"
#include "net/target.h"

namespace slipway::net {
namespace {

constexpr std::size_t kBodyInput = 64 << 10;  // read at once of a body
constexpr std::int64_t kRetrySeconds = 5;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Refusal Connection::overfull() {
    Error error{ErrorCode::unavailable,
                "The server holds as much for other clients as it may; try again in a moment.",
                {{"retry_after_seconds", kRetrySeconds}}};
    return {.status = 503, .error = std::move(error)};
}

Refusal Connection::interrupted(std::string_view what, Milliseconds limit) const {
    if (!timed_out_) return {.status = 0};
    return refuse(408, ErrorCode::invalid, "The {} of the request did not arrive within {} ms.", what, limit.count())
        .error();
}

asio::awaitable<Connection::Accepted> Connection::read_request(Exchange& exchange) {
    auto& request = exchange.request;
    request.remote_address = remote_address_;
    request.private_socket = private_socket_;
    request.secure = channel_.is_tls();
    RequestParser parser(request);
    auto accepted = co_await read_head(parser);
    apply_forwarded(request, service_.options.proxies);
    request.request_id = sane_request_id(request);
    if (request.request_id.empty()) request.request_id = loop_.new_request_id();
    if (!accepted) co_return accepted;

    exchange.http_1_0 = parser.http_1_0();
    exchange.keep_alive = parser.keep_alive() && !service_.draining;
    exchange.upgrade = parser.upgrades_to_websocket();
    accepted = read_target(request);
    if (!accepted) co_return accepted;
    auto match = (*exchange.router)->match(request.method, request.path, exchange.upgrade);
    if (match.route != nullptr) {
        exchange.route = match.route;
        request.route = match.route->pattern;
        request.operation = &match.route->operation;
        request.parameters = std::move(match.parameters);
    }
    exchange.allowed = std::move(match.allowed);
    if (parser.done()) co_return accepted;
    if (exchange.route == nullptr) {
        // Nobody wants this body; it is not read, so no other request can follow it.
        exchange.keep_alive = false;
        linger_ = true;
        co_return accepted;
    }
    co_return co_await read_body(exchange, parser);
}

asio::awaitable<Connection::Accepted> Connection::read_head(RequestParser& parser) {
    enter(Phase::head, limits().header_time_max);
    while (true) {
        const auto head = parser.parse_head(channel_.input(), limits().header_bytes_max);
        if (!head) co_return std::unexpected(head.error());
        if (*head > 0) {
            channel_.consume(*head);
            co_return Accepted();
        }
        if (timed_out_ || !co_await channel_.fill(limits().header_bytes_max))
            co_return std::unexpected(interrupted("header", limits().header_time_max));
    }
}

asio::awaitable<Connection::Accepted> Connection::read_body(Exchange& exchange, RequestParser& parser) {
    const auto bytes_max = exchange.route->operation.body_bytes_max;
    const auto length = parser.content_length();
    if (length && *length > bytes_max)
        co_return refuse(413, ErrorCode::invalid, "The body is {} bytes; at most {} are accepted here.", *length,
                         bytes_max);
    enter(Phase::body, limits().body_time_max);
    if (parser.expects_continue() && channel_.input().empty()) {
        const std::array<std::string_view, 1> pieces{kContinue};
        if (!co_await send(pieces)) co_return std::unexpected(Refusal{.status = 0});
    }
    while (true) {
        const auto taken = parser.parse_body(channel_.input(), bytes_max);
        if (!taken) co_return std::unexpected(taken.error());
        channel_.consume(*taken);
        if (!exchange.held.hold(exchange.request.body.size())) co_return std::unexpected(overfull());
        if (parser.done()) co_return Accepted();
        if (timed_out_ || !co_await channel_.fill(kBodyInput))
            co_return std::unexpected(interrupted("body", limits().body_time_max));
    }
}

}  // namespace slipway::net
