// The HTTP server: one event loop per core, connections stay on the loop that accepted them; HTTP/1.1 with keep-alive and pipelining,
// WebSocket, server-sent events, TLS, gzip, ranges.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/router.h"

namespace slipway::net {

// Every limit of the server, by name. A route may set its own body limit and time (net::Operation).
struct ServerLimits {
    std::size_t header_bytes_max = 16 << 10;
    std::size_t connections_max = 20'000;
    std::size_t websocket_message_bytes_max = 1 << 20;
    Milliseconds header_time_max{15'000};     // from the first byte of a request to the end of its header
    Milliseconds body_time_max{120'000};      // to the end of the body
    Milliseconds idle_time_max{75'000};       // keep-alive without a request
    Milliseconds write_time_max{30'000};      // a reader that takes nothing for so long is cut
    Milliseconds heartbeat{15'000};           // comments on an event stream, pings on a WebSocket
    Milliseconds drain_time_max{110'000};     // SIGTERM to forced exit
    std::size_t compress_bytes_min = 1024;    // gzip for text from this size on
};

struct TlsFiles {
    std::filesystem::path certificate_chain;
    std::filesystem::path private_key;
};

struct Cors {
    std::vector<std::string> origins;  // exact origins; "*" alone means any, without credentials
    bool credentials = false;
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;                              // 0: any free one, see Server::port()
    std::optional<std::filesystem::path> private_socket;    // a Unix socket (mode 0600) with the same routes
    std::optional<TlsFiles> tls;
    std::size_t loops = 0;                                  // 0: one per core
    ServerLimits limits;
    Cors cors;
    std::size_t trusted_proxies = 0;                        // how many entries of X-Forwarded-For are ours
    std::string server_name = "slipway";
};

// Renders an error that happened outside a handler (404, 405, 413, bad header, ...) in the application's format.
using ErrorRenderer = std::function<Response(const Request& request, int status, const Error& error)>;

struct RequestRecord {  // what was served, for the log and metrics
    const Request& request;
    int status = 0;
    std::uint64_t bytes_sent = 0;
    std::chrono::microseconds duration{0};
    bool client_gone = false;
};

class Server {
 public:
    Server(ServerOptions options, std::shared_ptr<const Router> router, ErrorRenderer render_error);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Binds and starts the loops. `unavailable` names the address that is taken, with what to do.
    Result<void> start();
    std::uint16_t port() const;
    // Swaps the routes for requests that begin from now on (reload in development).
    void set_router(std::shared_ptr<const Router> router);
    // The loops, for work that belongs to none of the connections (ingestion, timers). Valid after start().
    asio::any_io_executor executor(std::size_t index = 0) const;

    // Stops accepting, closes idle connections, lets running requests and streams finish until drain_time_max, then cuts them.
    // Blocks. stop() from another thread cuts at once.
    void drain();
    void stop();
    std::size_t connections() const;

 private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace slipway::net
