#include "net/client.h"

#include <mutex>

#include <boost/asio/ssl/context.hpp>

#include "net/client_exchange.h"
#include "net/client_tls.h"

namespace slipway::net {

struct Client::State {
    ClientOptions options;
    Resolver resolver;
    std::once_flag tls_once;
    std::optional<Result<std::unique_ptr<asio::ssl::context>>> tls_context;

    // Made when the first https request asks for it.
    Result<asio::ssl::context*> tls();
};

Result<asio::ssl::context*> Client::State::tls() {
    std::call_once(tls_once, [this] { tls_context.emplace(client_tls(options.certificate_authorities)); });
    if (!*tls_context) return std::unexpected(tls_context->error());
    return (*tls_context)->get();
}

namespace {

bool is_safe(Method method) { return method == Method::get || method == Method::head || method == Method::options; }

Result<ClientRoute> route_of(const ClientRequest& request, const ClientOptions& options) {
    ClientRoute route;
    SLIPWAY_TRY(route.target, parse_target(request.url));
    route.unix_socket = request.unix_socket;
    if (options.reach != Reach::anywhere) {
        // A proxy would look the name up itself, and a socket has no address.
        if (route.unix_socket)
            return fail(ErrorCode::forbidden, "{} is not reached by a Unix socket.", route.target.host);
    } else if (!route.unix_socket) {
        SLIPWAY_TRY(route.proxy, proxy_for(options.environment, route.target));
    }
    return route;
}

std::unexpected<Error> no_time_left(const ClientRoute& route, Milliseconds total) {
    Error error{ErrorCode::unavailable,
                fmt::format("{} was not reached within {} ms in all.", route.target.host, total.count())};
    return std::unexpected(std::move(error).with("phase", "total").with("host", json::string_view(route.target.host)));
}

}  // namespace

Client::Client(ClientOptions options) : state_(std::make_shared<State>()) { state_->options = std::move(options); }
Client::~Client() = default;

Task<std::unique_ptr<ClientResponse>> Client::send(ClientRequest request) {
    const auto state = state_;
    const auto total_end = std::chrono::steady_clock::now() + request.timeouts.total;
    SLIPWAY_CO_TRY(const auto route, route_of(request, state->options));
    SLIPWAY_CO_TRY(const auto head, serialize_head(request, route));
    ConnectOptions connecting;
    connecting.reach = state->options.reach;
    if (route.target.secure) {
        SLIPWAY_CO_TRY(connecting.tls, state->tls());
    }
    const IdleHome home{state, {state->options.idle_connections_per_host_max, state->options.idle_time_max}};
    const auto executor = co_await asio::this_coro::executor;

    auto connection = IdleConnections::of(executor).take(state, route.key());
    const bool reused = connection != nullptr;
    for (bool again = reused;; again = false) {
        if (!connection) {
            const auto left = std::chrono::ceil<Milliseconds>(total_end - std::chrono::steady_clock::now());
            if (left <= Milliseconds(0)) co_return no_time_left(route, request.timeouts.total);
            connecting.limit = std::min(request.timeouts.connect, left);
            SLIPWAY_CO_TRY(connection, co_await connect(state->resolver, route, connecting));
        }
        auto exchange =
            std::make_unique<ClientExchange>(std::move(connection), request, route, total_end, home, executor);
        // The body is kept for a second attempt only when there may be one.
        std::string body = again ? request.body : std::move(request.body);
        auto begun = co_await exchange->begin(head, std::move(body));
        if (begun) co_return std::unique_ptr<ClientResponse>(std::move(exchange));
        // A kept connection may have been closed by the peer in the moment that it was taken: then it says `upstream`,
        // and nothing came.
        const bool stale = begun.error().code == ErrorCode::upstream && exchange->nothing_received();
        if (!again || !stale || !(is_safe(request.method) || exchange->nothing_sent())) co_return pass(begun);
    }
}

Task<std::string> ClientResponse::read_all() {
    std::string body;
    while (true) {
        SLIPWAY_CO_TRY(auto piece, co_await read_some());
        if (!piece) co_return body;
        body += *piece;
    }
}

}  // namespace slipway::net
