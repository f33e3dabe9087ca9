// A client's bytes to a whole server (requests, WebSocket, server-sent events), in pieces where a byte 0x1E stands,
// then the hang-up. Everything that comes back is HTTP, or WebSocket frames after a 101; the connection ends; and the
// next client is served.
#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "net/response_parser.h"
#include "net/server.h"
#include "target.h"

namespace {

using namespace slipway;
using namespace slipway::net;

asio::awaitable<void> three_events(EventStream& stream) {
    const std::string data("data"), name("token");
    for (int i = 0; i < 3; ++i)
        if (!co_await stream.send(name, data)) co_return;
}

asio::awaitable<void> echo_messages(Request& /*request*/, WebSocket& socket) {
    while (true) {
        auto message = co_await socket.receive();
        if (!message || !*message) co_return;
        if (!co_await socket.send((*message)->data)) co_return;
    }
}

std::shared_ptr<Router> make_routes() {
    auto router = std::make_shared<Router>();
    router->add(Method::get, "/hello/{name}", {}, [](Request& request) -> asio::awaitable<Response> {
        co_return Response::text(200, "hello " + request.parameters.front().second);
    });
    router->add(Method::post, "/echo", {.body_bytes_max = 2000},
                [](Request& request) -> asio::awaitable<Response> { co_return Response::text(200, request.body); });
    router->add(Method::get, "/events", {},
                [](Request&) -> asio::awaitable<Response> { co_return Response::events(three_events); });
    router->add_websocket("/socket", {}, echo_messages);
    return router;
}

struct Place {
    std::unique_ptr<Server> server;
    Place() {
        log::set_level(log::Level::error);
        ServerOptions options;
        options.port = 0;
        options.loops = 1;
        options.limits.header_bytes_max = 2000;
        options.limits.websocket_message_bytes_max = 1000;
        const ErrorRenderer render = [](const Request&, int status, const Error& error) {
            return Response::text(status, error.message);
        };
        server = std::make_unique<Server>(options, make_routes(), render);
        fuzz::require(server->start().has_value(), "the server starts");
    }
};

class Client {
 public:
    explicit Client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fuzz::require(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
                      "the server takes the connection");
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { ::close(descriptor_); }

    void send(std::string_view bytes) const {
        if (!bytes.empty()) static_cast<void>(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
    // Whether something came within so many milliseconds; it is kept.
    bool receive(int milliseconds) {
        pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
        if (ended_ || ::poll(&waiting, 1, milliseconds) <= 0) return false;
        std::array<char, 1 << 16> piece{};
        const auto count = ::recv(descriptor_, piece.data(), piece.size(), 0);
        if (count > 0) input.append(piece.data(), static_cast<std::size_t>(count));
        ended_ = count <= 0;
        return !ended_;
    }
    bool reads_to_the_end() {
        ::shutdown(descriptor_, SHUT_WR);
        while (receive(60'000)) {
        }
        return ended_;
    }

    std::string input;

 private:
    int descriptor_;
    bool ended_ = false;
};

// A server's frames: not masked, no reserved bits, controls short.
void check_frames(std::string_view bytes) {
    while (bytes.size() >= 2) {
        const auto head = static_cast<unsigned char>(bytes[0]), length = static_cast<unsigned char>(bytes[1]);
        fuzz::require((head & 0x70) == 0 && length < 0x80, "no mask, no reserved bit");
        std::size_t size = length, begin = 2;
        if (length >= 126) {
            fuzz::require((head & 8) == 0 && length == 126, "a control frame is short, and no message is that long");
            if (bytes.size() < 4) return;
            size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[2])) << 8 |
                   static_cast<unsigned char>(bytes[3]);
            begin = 4;
        }
        if (bytes.size() < begin + size) return;
        bytes.remove_prefix(begin + size);
    }
}

void check_answers(std::string_view bytes) {
    while (!bytes.empty()) {
        ResponseParser parser(false, 1 << 16, 1 << 20);
        // Which requests were HEAD is not known here: an answer to one looks cut off, and ends the check.
        const auto used = parser.feed(bytes);
        fuzz::require(used.has_value(), "what comes back is HTTP");
        if (!parser.done()) return;
        bytes.remove_prefix(*used);
        if (parser.status() == 101) return check_frames(bytes);
        fuzz::require(parser.status() >= 200 && parser.status() < 600, "a status is a status");
        if (!bytes.empty() && !bytes.starts_with("HTTP/1.1 ")) return;
    }
}

}  // namespace

SLIPWAY_FUZZ_TARGET(connection) {
    // Never stopped: its threads may still serve when the program ends.
    static const Place& place = *new Place;
    if (input.size() > 8000) return;
    Client client(place.server->port());
    const auto pieces = split(input, '\x1e');
    for (std::size_t i = 0; i < pieces.size() && i < 16; ++i) {
        client.send(pieces[i]);
        if (i + 1 < pieces.size()) client.receive(1);
    }
    fuzz::require(client.reads_to_the_end(), "the connection ends");
    if (!input.contains("HEAD ")) check_answers(client.input);
    static std::size_t rounds = 0;
    if (++rounds % 16 != 0) return;
    Client next(place.server->port());
    next.send("GET /hello/you HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    while (next.receive(60'000)) {
    }
    fuzz::require(next.input.starts_with("HTTP/1.1 200 ") && next.input.ends_with("hello you"), "the next is served");
}
