// A server for tests of the client: plain blocking sockets, so that a test says byte by byte what comes over the wire
// and when.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/client.h"

namespace slipway::net::testing {

// One accepted connection. Reading and writing end quietly when the other side has gone.
class Peer {
 public:
    explicit Peer(asio::generic::stream_protocol::socket socket) : socket_(std::move(socket)) {}

    int number = 0;  // of the connection, from 1
    bool start_tls(asio::ssl::context& context);
    // Head and body (by Content-Length) of the next request; empty when the client has gone.
    std::string request();
    bool say(std::string_view bytes);
    // Waits until the client closes; true when it did.
    bool wait_for_end();
    // Closes without the farewell of TLS.
    void hang_up();
    void unblock();

 private:
    std::size_t read(char* room, std::size_t count);

    asio::generic::stream_protocol::socket socket_;
    std::unique_ptr<asio::ssl::stream<asio::generic::stream_protocol::socket&>> tls_;
    std::string unread_;
};

// Runs `serve` on a thread of its own for every connection.
class PeerServer {
 public:
    using Serve = std::function<void(Peer&)>;
    explicit PeerServer(Serve serve);  // 127.0.0.1
    PeerServer(Serve serve, const std::filesystem::path& unix_socket);
    ~PeerServer();

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view path = "/") const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
    int connections();

 private:
    template <typename Acceptor>
    void accept(Acceptor& acceptor);
    void run(asio::generic::stream_protocol::socket socket);

    Serve serve_;
    asio::io_context loop_;
    std::optional<asio::ip::tcp::acceptor> tcp_;
    std::optional<asio::local::stream_protocol::acceptor> local_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    bool ending_ = false;
    std::list<Peer> peers_;
    std::vector<std::thread> threads_;
    std::thread acceptor_thread_;
};

std::string response(std::string_view body, std::string_view more_headers = "", int status = 200);

// What a test sees of a whole exchange.
struct Answer {
    int status = 0;
    Headers headers;
    std::string body;
};
Task<Answer> fetch(Client& client, ClientRequest request);
ClientRequest get(std::string url);
ClientRequest post(std::string url, std::string body);

// A throw-away certificate that is its own authority, for these names and 127.0.0.1.
struct Certificate {
    std::filesystem::path folder;
    std::filesystem::path certificate;
    std::filesystem::path key;
    explicit Certificate(const std::string& name);
    ~Certificate();
    asio::ssl::context context() const;
};

}  // namespace slipway::net::testing
