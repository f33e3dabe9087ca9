// WebSocket frames (RFC 6455 section 5), the server's side: what comes in is masked, what goes out is not. No
// extensions.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "net/http.h"

namespace slipway::net {

enum class Opcode : unsigned char { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

namespace close_code {
constexpr std::uint16_t kNormal = 1000, kGoingAway = 1001, kProtocolError = 1002, kNoStatus = 1005, kBadText = 1007,
                        kTooBig = 1009, kInternal = 1011, kTryAgainLater = 1013;
}

struct Control {
    Opcode opcode = Opcode::ping;
    std::string payload;
    std::uint16_t code = close_code::kNoStatus;  // of a close frame
};

// Why the connection must be closed.
struct FrameError {
    std::uint16_t code = close_code::kProtocolError;
    std::string_view reason;
};

// Puts messages together from bytes. Holds at most one message of `message_bytes_max` bytes.
class FrameReader {
 public:
    using Event = std::variant<WebSocketMessage, Control>;
    struct Step {
        std::size_t consumed = 0;
        std::optional<Event> event;  // absent: all input is consumed, or the rest is less than a frame's header
    };

    explicit FrameReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}
    // Reads until the next whole message or control frame.
    std::expected<Step, FrameError> read(std::string_view input);
    bool inside_message() const { return in_frame_ || in_message_; }
    std::size_t held_bytes() const { return message_.size(); }  // of the message that is not whole yet

 private:
    // How long the header is; 0 while it is not complete.
    std::expected<std::size_t, FrameError> read_header(std::string_view input);
    std::expected<void, FrameError> begin_frame(std::uint64_t length);
    std::size_t read_payload(std::string_view input);
    std::expected<std::optional<Event>, FrameError> end_frame();

    std::size_t message_bytes_max_;
    bool in_frame_ = false, in_message_ = false, final_ = false, binary_ = false;
    Opcode opcode_ = Opcode::text;
    std::array<char, 4> mask_{};
    std::size_t mask_at_ = 0;
    std::uint64_t remaining_ = 0;
    std::string message_, control_;
};

// The header of an unmasked frame that holds a whole message.
std::string frame_header(Opcode opcode, std::size_t length);
std::string close_payload(std::uint16_t code, std::string_view reason);
// The answer to a client's Sec-WebSocket-Key; nullopt when that is not 16 bytes in Base64.
std::optional<std::string> accept_key(std::string_view key);

}  // namespace slipway::net
