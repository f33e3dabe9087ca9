#include "net/body_writer.h"

#include <algorithm>

namespace slipway::net {
namespace {

std::unexpected<Error> gone() { return fail(ErrorCode::unavailable, "The client has hung up or reads too slowly."); }

// The next line of `text`, which ends with CR LF, CR or LF, and is taken off it.
std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    const auto line = text.substr(0, end);
    const bool pair = text.substr(end).starts_with("\r\n");
    text.remove_prefix(std::min(text.size(), end + (pair ? 2 : 1)));
    return line;
}

}  // namespace

Task<void> StreamWriter::write(std::string bytes) {
    auto& channel = connection_.channel();
    if (channel.broken()) co_return gone();
    if (bytes.empty()) co_return Result<void>();  // an empty chunk would end the body
    const auto size = chunked_ ? fmt::format("{:x}\r\n", bytes.size()) : std::string();
    const std::array<std::string_view, 3> pieces{size, bytes, chunked_ ? "\r\n" : ""};
    const auto sent = channel.send_now(pieces);
    if (sent < size.size() + bytes.size() + pieces[2].size() && !co_await channel.send(pieces, sent)) co_return gone();
    connection_.postpone_heartbeat();
    co_return Result<void>();
}

asio::awaitable<bool> StreamWriter::finish() {
    auto& channel = connection_.channel();
    if (!chunked_) co_return !channel.broken();
    const std::array<std::string_view, 1> pieces{"0\r\n\r\n"};
    co_return co_await channel.send(pieces);
}

Task<void> EventWriter::send(std::string event, std::string data) { return stream_.write(frame_event(event, data)); }

std::string frame_event(std::string_view event, std::string_view data) {
    std::string frame;
    frame.reserve(event.size() + data.size() + 24);
    // A line break would end the field, so a name ends at its first.
    event = event.substr(0, event.find_first_of("\r\n"));
    if (!event.empty()) frame.append("event: ").append(event).append("\n");
    do frame.append("data: ").append(take_line(data)).append("\n");
    while (!data.empty());
    return frame.append("\n");
}

std::string chunk_of(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

}  // namespace slipway::net
