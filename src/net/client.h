// The HTTP client: pooled keep-alive connections, verified TLS, names resolved off the loop, time-outs, streamed
// reading. Dropping or cancelling the awaiting coroutine, or destroying a ClientResponse before its end, closes the
// connection at once. Redirects are not followed and no cookies are kept: those are answers like any other.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/environment.h"
#include "net/http.h"
#include "net/reach.h"

namespace slipway::net {

struct ClientTimeouts {
    Milliseconds connect{5'000};
    Milliseconds first_byte{60'000};  // from the end of the request to the head of the response
    Milliseconds between_bytes{60'000};
    Milliseconds total{600'000};
};

struct ClientRequest {
    Method method = Method::get;
    std::string url;  // http://, https://
    Headers headers;
    std::string body;
    ClientTimeouts timeouts;
    std::size_t response_bytes_max = 64 << 20;
    std::optional<std::filesystem::path> unix_socket;  // connect there instead of the URL's host
};

class ClientResponse {
 public:
    virtual ~ClientResponse() = default;
    int status = 0;
    Headers headers;
    // The next piece of the body as it arrives; nullopt at its end; `upstream` when the connection broke before the
    // end.
    virtual Task<std::optional<std::string>> read_some() = 0;
    // All of it.
    Task<std::string> read_all();
};

struct ClientOptions {
    std::size_t idle_connections_per_host_max = 64;
    Milliseconds idle_time_max{30'000};
    std::optional<std::filesystem::path> certificate_authorities;  // PEM; default: the system's
    Environment environment;  // HTTP_PROXY, HTTPS_PROXY, NO_PROXY (upper or lower case)
    Reach reach = Reach::anywhere;
};

// Thread safe; may be used from any number of event loops. A kept connection is used again only on the loop that made
// it. When it turns out to be dead before a byte of the answer came, the request is sent once more on a fresh
// connection, provided that its method is safe (GET, HEAD, OPTIONS) or nothing of it was sent. A ClientResponse is read
// on the loop that sent the request. Idle connections end with their time, their loop, or the first use of that loop's
// clients after this one has gone.
class Client {
 public:
    explicit Client(ClientOptions options = {});
    ~Client();
    // Errors: `unavailable` (cannot connect, certificate not trusted, time-out), `upstream` (not HTTP, cut off, larger
    // than a limit), `invalid` (URL, header, proxy), `forbidden` (out of reach). The message names the host;
    // details.phase says where: "connect", "send", "first_byte", "body" or "total". A header may have 64 KiB.
    Task<std::unique_ptr<ClientResponse>> send(ClientRequest request);

 private:
    struct State;
    std::shared_ptr<State> state_;
};

// Splits a byte stream into server-sent events, as the WHATWG specification reads them. At most `event_bytes_max` per
// event.
struct ServerSentEvent {
    std::string event;  // empty: "message"
    std::string data;
};
class EventParser {
 public:
    explicit EventParser(std::size_t event_bytes_max = 1 << 20) : event_bytes_max_(event_bytes_max) {}
    // Feeds bytes; returns the events that they complete.
    Result<std::vector<ServerSentEvent>> feed(std::string_view bytes);

 private:
    void take_line(std::string_view line, std::vector<ServerSentEvent>& events);

    std::size_t event_bytes_max_;
    std::string line_, event_, data_;  // of what is not complete
    bool has_data_ = false, skip_newline_ = false, at_start_ = true;
};

}  // namespace slipway::net
