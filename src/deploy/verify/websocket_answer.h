// What a WebSocket server sends to its client (RFC 6455 sections 4.1 and 5), as bytes: the head that answers the
// handshake, and frames. No extensions, no fragments: a check asks for neither. Takes any bytes.
#pragma once

#include <optional>
#include <string_view>

#include "net/websocket_frame.h"

namespace slipway::deploy {

inline constexpr std::size_t kMessageBytesMax = 64 << 10;

// Of a head with its empty line. `upstream` says what came instead of the handshake. `key`: Sec-WebSocket-Key, as sent.
Result<void> check_handshake(std::string_view head, std::string_view key);

struct ServerFrame {
    net::Opcode opcode = net::Opcode::text;
    std::string_view payload;  // into the bytes
    std::size_t size = 0;      // of the frame with its header
};
// The frame at the beginning; nullopt while it is not whole. `upstream` for what breaks the protocol, or is larger than
// kMessageBytesMax.
Result<std::optional<ServerFrame>> read_server_frame(std::string_view bytes);

}  // namespace slipway::deploy
