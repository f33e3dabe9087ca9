// One connection to a server: TCP or Unix socket, directly or through a proxy, with or without TLS.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/client_deadline.h"
#include "net/client_target.h"
#include "net/reach.h"
#include "net/resolver.h"

namespace slipway::net {

// How a server is reached. Connections of equal key() are interchangeable.
struct ClientRoute {
    Target target;
    std::optional<Proxy> proxy;
    std::optional<std::filesystem::path> unix_socket;

    std::string key() const;
    // Through a proxy without a tunnel: the request line holds the whole URL.
    bool absolute_form() const { return proxy.has_value() && !target.secure; }
};

class ClientConnection {
 public:
    ClientConnection(ClientSocket socket, std::string key) : socket_(std::move(socket)), key_(std::move(key)) {}
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    using Outcome = std::tuple<boost::system::error_code, std::size_t>;
    asio::awaitable<Outcome> read_some(std::span<char> room);
    asio::awaitable<Outcome> write_some(std::string_view bytes);
    // Without TLS: to be awaited (a tuple with an error_code), until read_now() has something to tell. Who waits so
    // needs no room.
    auto wait_for_input() { return socket_.async_wait(ClientSocket::wait_read, asio::as_tuple(asio::deferred)); }
    // Without TLS: what is there; `would_block` when there is nothing.
    Outcome read_now(std::span<char> room);
    bool is_tls() const { return tls_ != nullptr; }

    // Certificate and host name are verified as the context says; `host` is also sent by SNI.
    asio::awaitable<boost::system::error_code> start_tls(asio::ssl::context& context, const std::string& host);
    // Why the peer's certificate was refused; empty when it was not.
    std::string certificate_problem();

    ClientSocket& socket() { return socket_; }
    const std::string& key() const { return key_; }
    // False when the peer has closed meanwhile, or said something that nobody asked for.
    bool idle_and_open();

 private:
    ClientSocket socket_;
    std::unique_ptr<asio::ssl::stream<ClientSocket&>> tls_;
    std::string key_;
};

struct ConnectOptions {
    asio::ssl::context* tls = nullptr;  // needed for https
    Milliseconds limit{5'000};          // for everything: name, connection, proxy, TLS
    Reach reach = Reach::anywhere;      // else `forbidden`
};

// Tries all addresses of the host. `unavailable` names host, phase and reason; details.phase is "connect".
Task<std::unique_ptr<ClientConnection>> connect(Resolver& resolver, ClientRoute route, ConnectOptions options);

}  // namespace slipway::net
