// HTTP as the rest of the program sees it: requests, responses, handlers. No Beast here (it costs seconds per file that
// includes it).
//
// A handler is a coroutine from a Request to a Response. It runs on the event loop of its connection. When the client
// hangs up, the handler (and whatever it awaits, such as a model call) is cancelled.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/task.h"

namespace slipway::net {

enum class Method : unsigned char { get, head, post, put, patch, del, options };
std::string_view to_string(Method method);
std::optional<Method> method_from(std::string_view name);

// Names compare without case; order and repetitions are kept.
class Headers {
 public:
    std::string_view get(std::string_view name) const;  // empty when absent; the first when repeated
    bool has(std::string_view name) const;
    void set(std::string_view name, std::string value);  // replaces all of that name
    void add(std::string_view name, std::string value);
    void remove(std::string_view name);
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

 private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
    Method method = Method::get;
    std::string path;    // percent-decoded, begins with '/', no dot segments, valid UTF-8
    std::string target;  // as it was sent, with the query
    Fields query;        // decoded, in order
    Headers headers;
    std::string body;

    Fields parameters;            // of the route's pattern, decoded
    const struct Operation* operation = nullptr;  // of the route that matched (router.h); lives as long as the request
    std::string route;            // the pattern that matched, for logs and metrics ("/api/chats/{id}")
    std::string request_id;       // X-Request-Id of the client when it is sane, else made here
    std::string remote_address;   // "127.0.0.1"; empty on the private socket
    bool private_socket = false;  // came by the socket in the data folder: an operator of this machine
    bool secure = false;          // TLS here, or a trusted proxy says https

    std::string_view parameter(std::string_view name) const;
    std::string_view query_value(std::string_view name, std::string_view otherwise = "") const;
};

// Where a streamed body goes. write() returns once the bytes are with the kernel, so a slow reader slows the producer;
// a reader that takes nothing for the write time-out is cut, and write() answers `unavailable` then and ever after.
class BodyWriter {
 public:
    virtual ~BodyWriter() = default;
    virtual Task<void> write(std::string bytes) = 0;
};

// Server-sent events. send() frames one event: `event:` only when a name is given, one `data:` line per line of data.
// Comments keep the connection alive while nothing is sent (at once, then every limits.heartbeat).
class EventStream {
 public:
    virtual ~EventStream() = default;
    virtual Task<void> send(std::string event, std::string data) = 0;
};

using StreamBody = std::function<asio::awaitable<void>(BodyWriter&)>;
using EventBody = std::function<asio::awaitable<void>(EventStream&)>;
struct FileBody {
    std::filesystem::path path;  // served with ETag, Last-Modified and Range
};

struct Response {
    int status = 200;
    Headers headers = {};
    std::variant<std::string, StreamBody, EventBody, FileBody> body = std::string();

    static Response text(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");
    static Response of_json(int status, const json::value& value);
    static Response file(std::filesystem::path path, std::string_view content_type);
    static Response events(EventBody body);
    static Response empty(int status = 204);
};

using Handler = std::function<asio::awaitable<Response>(Request&)>;

struct WebSocketMessage {
    bool binary = false;
    std::string data;
};

// One WebSocket connection, after the handshake. One receive and one send may be pending at the same time.
class WebSocket {
 public:
    virtual ~WebSocket() = default;
    // nullopt when the peer closed, or the server drains; an error when the connection broke or a limit was passed.
    virtual Task<std::optional<WebSocketMessage>> receive() = 0;
    // True while the server drains and the peer still listens: what was asked may be answered to its end, then the
    // handler returns, and the socket is closed with 1001.
    virtual bool draining() const { return false; }
    virtual Task<void> send(std::string text) = 0;
    virtual asio::awaitable<void> close(std::uint16_t code, std::string reason) = 0;
};
using WebSocketHandler = std::function<asio::awaitable<void>(Request&, WebSocket&)>;

// The usual reason phrase of a status.
std::string_view reason_phrase(int status);
// By file name: "text/html; charset=utf-8". "application/octet-stream" when unknown.
std::string_view content_type_of(std::string_view file_name);

// "a=1&b=2" of a query or a form body; nullopt where an escape is broken or the text is not valid UTF-8.
std::optional<Fields> parse_form(std::string_view text);

struct FormPart {
    std::string name;
    std::string file_name;  // empty for a plain field
    std::string content_type;
    std::string data;
};
// A multipart/form-data body; `content_type` holds the boundary. `invalid` when broken, or with more than `parts_max`
// parts.
Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body,
                                              std::size_t parts_max = 32);

}  // namespace slipway::net
