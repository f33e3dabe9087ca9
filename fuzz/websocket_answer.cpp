// What a WebSocket server sends to our client. First line: a key of a handshake; then the head that answers it, up to
// its empty line; then frames. The same frames in one piece and byte by byte, none larger than allowed.
#include "deploy/verify/websocket_answer.h"

#include "target.h"

namespace {

std::string read(std::string_view input, std::size_t piece) {
    using namespace slipway;
    std::string seen, unread;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        unread += input.substr(at, piece);
        while (true) {
            const auto frame = deploy::read_server_frame(unread);
            if (!frame) return seen + "error " + frame.error().message;
            if (!*frame) break;
            fuzz::require((*frame)->size <= unread.size() && (*frame)->size >= 2, "no more is consumed than there is");
            fuzz::require((*frame)->payload.size() <= deploy::kMessageBytesMax, "messages are limited");
            seen += std::to_string(static_cast<int>((*frame)->opcode)) + " " + std::string((*frame)->payload) + "\n";
            unread.erase(0, (*frame)->size);
        }
    }
    return seen;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(websocket_answer) {
    using namespace slipway;
    const auto [key, answer] = fuzz::split_line(input);
    const auto end = answer.find("\r\n\r\n");
    const auto head = answer.substr(0, end);
    if (const auto shaken = deploy::check_handshake(head, key); shaken)
        fuzz::require(head.starts_with("HTTP/1.1 101") && net::accept_key(key), "a handshake is an answer to ours");
    if (end == std::string_view::npos) return;
    const auto frames = answer.substr(end + 4);
    fuzz::require(read(frames, frames.size() + 1) == read(frames, 1), "pieces do not matter");
}
