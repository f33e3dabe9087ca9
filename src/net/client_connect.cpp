// The way to a connection: name, address, proxy, TLS (client_connection.h).
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>

#include "net/client_connection.h"
#include "net/response_parser.h"

namespace slipway::net {
namespace {

using asio::ip::tcp;
using Connected = Result<std::unique_ptr<ClientConnection>>;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kProxyHeaderBytesMax = 16 << 10;
constexpr Milliseconds kAttemptMin{250};

struct Attempt {
    ClientRoute route;
    ConnectOptions options;
    SteadyTime end;

    std::string place() const {
        if (route.unix_socket) return "the socket " + route.unix_socket->string();
        if (route.proxy)
            return fmt::format("{} (through the proxy {}:{})", route.target.place(), route.proxy->host,
                               route.proxy->port);
        return route.target.place();
    }
    Milliseconds left() const {
        const auto left = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
        return std::max(left, Milliseconds(0));
    }
    std::unexpected<Error> failed(std::string_view reason) const {
        Error error{ErrorCode::unavailable, fmt::format("Cannot connect to {}: {}.", place(), reason)};
        return std::unexpected(
            std::move(error).with("phase", "connect").with("host", json::string_view(route.target.host)));
    }
    // Which address it has is not told: that would map the network for whoever named the host.
    std::unexpected<Error> out_of_reach() const {
        Error error{ErrorCode::forbidden,
                    fmt::format("{} is not reached: only https at addresses of the public internet is.", place())};
        return std::unexpected(std::move(error).with("phase", "connect"));
    }
    std::unexpected<Error> timed_out(std::string_view step) const {
        return failed(fmt::format("{} took longer than {} ms", step, options.limit.count()));
    }
};

// The addresses share the time that is left, so that one that never answers leaves some for the others.
asio::awaitable<Connected> connect_tcp(const Attempt& attempt, std::vector<tcp::endpoint> addresses) {
    const auto executor = co_await asio::this_coro::executor;
    std::string reason = "it has no address";
    for (std::size_t i = 0; i < addresses.size() && attempt.left() > Milliseconds(0); ++i) {
        const auto share = std::max(attempt.left() / static_cast<long>(addresses.size() - i), kAttemptMin);
        tcp::socket socket(executor);
        boost::system::error_code error;
        socket.open(addresses[i].protocol(), error);
        if (error) {
            reason = error.message();
            continue;
        }
        socket.set_option(tcp::no_delay(true), error);
        socket.set_option(asio::socket_base::keep_alive(true), error);
        auto connection = std::make_unique<ClientConnection>(ClientSocket(std::move(socket)), attempt.route.key());
        Deadline deadline(executor);
        deadline.arm(connection->socket(), std::min(attempt.end, std::chrono::steady_clock::now() + share));
        const asio::generic::stream_protocol::endpoint endpoint(addresses[i]);
        const auto [failure] = co_await connection->socket().async_connect(endpoint, kAsTuple);
        if (!failure && !deadline.fired()) co_return connection;
        reason =
            deadline.fired() ? fmt::format("no answer within {} ms", attempt.options.limit.count()) : failure.message();
    }
    co_return attempt.failed(reason);
}

asio::awaitable<Connected> connect_unix(const Attempt& attempt) {
    const auto executor = co_await asio::this_coro::executor;
    const auto path = attempt.route.unix_socket->string();
    constexpr std::size_t kPathBytesMax = 107;  // sockaddr_un
    if (path.size() > kPathBytesMax)
        co_return attempt.failed(fmt::format("the path is longer than {} bytes", kPathBytesMax));
    const asio::local::stream_protocol::endpoint endpoint(path);
    auto connection = std::make_unique<ClientConnection>(ClientSocket(executor), attempt.route.key());
    Deadline deadline(executor);
    deadline.arm(connection->socket(), attempt.end);
    const asio::generic::stream_protocol::endpoint any_endpoint(endpoint);
    const auto [error] = co_await connection->socket().async_connect(any_endpoint, kAsTuple);
    if (deadline.fired()) co_return attempt.timed_out("the connection");
    if (error) co_return attempt.failed(error.message());
    co_return connection;
}

// Asks the proxy for a tunnel (RFC 9110, CONNECT).
Task<void> open_tunnel(const Attempt& attempt, ClientConnection& connection) {
    const auto place = attempt.route.target.place();
    std::string head = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", place, place);
    if (const auto& authorization = attempt.route.proxy->authorization; !authorization.empty())
        head += fmt::format("Proxy-Authorization: {}\r\n", authorization);
    head += "\r\n";
    for (std::string_view rest = head; !rest.empty();) {
        const auto [error, count] = co_await connection.write_some(rest);
        if (error) co_return attempt.failed(error.message());
        rest.remove_prefix(count);
    }
    ResponseParser parser(true, kProxyHeaderBytesMax, 0);
    std::string received;
    std::array<char, 4096> room;
    while (!parser.done()) {
        const auto [error, count] = co_await connection.read_some(room);
        if (error) co_return attempt.failed("the proxy closed the connection");
        received.append(room.data(), count);
        auto used = parser.feed(received);
        if (!used) co_return attempt.failed("the proxy " + used.error().message);
        received.erase(0, *used);
    }
    if (parser.status() / 100 != 2)
        co_return attempt.failed(fmt::format("the proxy refused it with status {}", parser.status()));
    if (!received.empty()) co_return attempt.failed("the proxy sent more than an answer");
    co_return Result<void>();
}

Task<void> secure(const Attempt& attempt, ClientConnection& connection) {
    const auto error = co_await connection.start_tls(*attempt.options.tls, attempt.route.target.host);
    if (!error) co_return Result<void>();
    if (const auto problem = connection.certificate_problem(); !problem.empty())
        co_return attempt.failed(fmt::format("its certificate is not trusted ({})", problem));
    co_return attempt.failed(fmt::format("TLS failed ({})", error.message()));
}

Task<std::vector<tcp::endpoint>> addresses_of(Resolver& resolver, const Attempt& attempt) {
    const auto& route = attempt.route;
    const auto host = route.proxy ? route.proxy->host : route.target.host;
    const auto port = route.proxy ? route.proxy->port : route.target.port;
    auto addresses = co_await resolver.resolve(host, port, attempt.left());
    if (!addresses) addresses.error().details = json::object{{"phase", "connect"}, {"host", host}};
    if (!addresses) co_return addresses;
    const auto allowed = [&](const tcp::endpoint& endpoint) {
        return may_reach(attempt.options.reach, endpoint.address(), route.target.secure);
    };
    if (!std::ranges::all_of(*addresses, allowed)) co_return attempt.out_of_reach();
    co_return addresses;
}

}  // namespace

Task<std::unique_ptr<ClientConnection>> connect(Resolver& resolver, ClientRoute route, ConnectOptions options) {
    Attempt attempt{std::move(route), options, std::chrono::steady_clock::now() + options.limit};
    Connected connected = std::unique_ptr<ClientConnection>();
    if (attempt.route.unix_socket) {
        connected = co_await connect_unix(attempt);
    } else {
        SLIPWAY_CO_TRY(auto addresses, co_await addresses_of(resolver, attempt));
        connected = co_await connect_tcp(attempt, std::move(addresses));
    }
    SLIPWAY_CO_TRY(auto connection, std::move(connected));

    Deadline deadline(co_await asio::this_coro::executor);
    deadline.arm(connection->socket(), attempt.end);
    if (attempt.route.proxy && attempt.route.target.secure) {
        const auto opened = co_await open_tunnel(attempt, *connection);
        if (deadline.fired()) co_return attempt.timed_out("the proxy's answer");
        SLIPWAY_CO_CHECK(opened);
    }
    if (attempt.route.target.secure) {
        const auto secured = co_await secure(attempt, *connection);
        if (deadline.fired()) co_return attempt.timed_out("the TLS handshake");
        SLIPWAY_CO_CHECK(secured);
    }
    deadline.disarm();
    co_return connection;
}

}  // namespace slipway::net
