// Frames of a WebSocket client: the same messages in one piece and byte by byte; none larger than allowed.
#include "base/text.h"
#include "net/websocket_frame.h"
#include "target.h"

namespace {

constexpr std::size_t kMessageMax = 1024;

std::string read(std::string_view input, std::size_t piece) {
    using namespace slipway;
    net::FrameReader reader(kMessageMax);
    std::string seen, buffer;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        buffer += input.substr(at, piece);
        while (true) {
            const auto step = reader.read(buffer);
            if (!step) return seen + "error " + std::to_string(step.error().code);
            fuzz::require(step->consumed <= buffer.size(), "no more is consumed than there is");
            buffer.erase(0, step->consumed);
            if (!step->event) break;
            if (const auto* message = std::get_if<net::WebSocketMessage>(&*step->event)) {
                fuzz::require(message->data.size() <= kMessageMax, "messages are limited");
                fuzz::require(message->binary || is_valid_utf8(message->data), "text is valid");
                seen += "message " + message->data + "\n";
            } else {
                seen += "control " + std::get<net::Control>(*step->event).payload + "\n";
            }
        }
    }
    return seen;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(websocket) {
    slipway::fuzz::require(read(input, input.size() + 1) == read(input, 1), "pieces do not matter");
    static_cast<void>(slipway::net::accept_key(input));
}
