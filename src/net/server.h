// The HTTP server: one event loop per core, a connection stays on its loop; HTTP/1.1 with keep-alive and pipelining,
// WebSocket, server-sent events, TLS, gzip, ranges.
//
// A handler is cancelled when the client hangs up (closing only its sending half counts as that), when the route's
// time_max passes before it has answered (503), and when the server is cut. It then gets
// boost::system::system_error(operation_aborted) from what it awaits. Exceptions of a handler are logged and answered
// with 500.
//
// Hang-ups are noticed at once; behind pipelined bytes that do not fit the connection's buffer, at the next check of
// the limits; behind so many that the kernel's buffer is full too, only when they are read (or time_max ends the
// handler).
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/forwarded.h"
#include "net/router.h"

namespace slipway::net {

// Every limit of the server, by name. A route may set its own body limit and time (net::Operation).
struct ServerLimits {
    std::size_t header_bytes_max = 16 << 10;
    std::size_t connections_max = 20'000;
    std::size_t websocket_message_bytes_max = 1 << 20;
    std::size_t held_bytes_max = 256 << 20;    // bodies and messages on their way in or being answered, all together
    Milliseconds header_time_max{15'000};      // from the first byte of a request to the end of its header
    Milliseconds body_time_max{120'000};       // to the end of the body
    Milliseconds idle_time_max{75'000};        // keep-alive without a request
    Milliseconds write_time_max{30'000};       // a reader that takes nothing for so long is cut
    Milliseconds heartbeat{15'000};            // comments on an event stream, pings on a WebSocket
    Milliseconds drain_time_max{110'000};      // drain() to the forced end
    std::size_t compress_bytes_min = 1024;     // gzip for text from this size on,
    std::size_t compress_bytes_max = 1 << 20;  // up to this size: compressing holds the loop, about 10 ms per megabyte
};

// Times are checked several times a second, so a limit acts up to half a second late.

// PEM files. TLS 1.2 and 1.3.
struct TlsFiles {
    std::filesystem::path certificate_chain;
    std::filesystem::path private_key;
};

struct Cors {
    std::vector<std::string> origins;  // exact origins; "*" alone means any, without credentials
    bool credentials = false;
    std::vector<std::string> methods;  // of those of the path, what pages of others may use; empty: all
    std::vector<std::string> headers;  // that those pages may send; empty: any that a preflight asks for
    std::vector<std::string> exposed{"X-Request-Id"};  // that they may read
    std::chrono::seconds max_age{600};                 // how long a browser remembers the answer to a preflight
};

struct RequestRecord {       // what was served, for the log and metrics
    const Request& request;  // route is empty when none matched
    int status = 0;          // 0: the client was gone before there was an answer
    std::uint64_t bytes_sent = 0;
    std::chrono::microseconds duration{0};
    bool client_gone = false;
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;                            // 0: any free one, see Server::port()
    std::optional<std::filesystem::path> private_socket;  // a Unix socket (mode 0600) with the same routes
    std::optional<TlsFiles> tls;
    bool listens = true;    // false: it has the connections of connect() alone
    std::size_t loops = 0;  // 0: one per core
    ServerLimits limits;
    Cors cors;
    TrustedProxies proxies;
    // Of each answer that does not say otherwise; `secure_headers` where the request came by TLS.
    Fields headers, secure_headers;
    // Texts without an ETag that say nothing of caches are kept by none.
    bool no_store = false;
    std::string server_name = "slipway";
    // Asked on the loop before the handler of a route runs, without the client's hanging up being noticed meanwhile:
    // it answers soon. An error refuses the request: 401 for `unauthorized`, 403 for `forbidden`, else 429. What it
    // is given lives until it has answered; the headers are told with the answer, whichever it is.
    std::function<Task<void>(const Request&, const Operation&, Headers& told)> admit;
    // Called after each request on its loop, beside the log line; must not block.
    std::function<void(const RequestRecord&)> observe;
};

// Renders an error that happened outside a handler (404, 405, 413, bad header, ...) in the application's format.
using ErrorRenderer = std::function<Response(const Request& request, int status, const Error& error)>;

class Server {
 public:
    Server(ServerOptions options, std::shared_ptr<const Router> router, ErrorRenderer render_error);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Binds and starts the loops. `unavailable` names the address that is taken, with what to do; `invalid` names a bad
    // TLS file, host or socket path.
    Result<void> start();
    std::uint16_t port() const;
    // A connection from inside this process, without TLS, as of a client whose address is not known: the descriptor of
    // its other end, which the caller closes. `unavailable` when the server does not run, or no descriptor is left.
    Result<int> connect();
    // Swaps the routes for requests that begin from now on (reload in development).
    void set_router(std::shared_ptr<const Router> router);
    // The loops, for work that belongs to none of the connections (ingestion, timers). Valid after start().
    asio::any_io_executor executor(std::size_t index = 0) const;

    // Stops accepting, closes idle connections, lets running requests and streams finish until drain_time_max, then
    // cuts them. WebSockets are closed with 1001: idle ones at once, others when their handler returns, which
    // WebSocket::draining() tells. Connections that the kernel had already made are accepted, and served once. Blocks;
    // the loops go on running for other work.
    void drain();
    // Cuts all connections at once (a drain() in another thread then returns), and ends the loops. Blocks until running
    // handlers have noticed. Neither may be called on a loop. The destructor calls stop().
    void stop();
    std::size_t connections() const;

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace slipway::net
