// The client's side of one WebSocket (RFC 6455), for the few messages that a check exchanges. No extensions, no
// fragments, no proxy.
#pragma once

#include <memory>
#include <string>

#include "net/client_connection.h"
#include "net/websocket_frame.h"

namespace slipway::deploy {

class WebSocketClient {
 public:
    // `url` is http:// or https://. `upstream` says what came instead of the handshake.
    static Task<std::unique_ptr<WebSocketClient>> open(std::string url, std::string token, Milliseconds limit);

    Task<void> send(std::string text);
    // The next text; pings are answered meanwhile. `upstream` when the peer closes.
    Task<std::string> receive();

 private:
    Task<void> shake_hands(const net::Target& target, const std::string& token);
    Task<void> write(std::string bytes);
    Task<void> read_more();
    Task<void> send_frame(net::Opcode opcode, std::string payload);

    std::unique_ptr<net::ClientConnection> connection_;
    std::string unread_;
};

}  // namespace slipway::deploy
