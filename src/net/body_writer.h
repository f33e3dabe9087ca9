// The writers that a streamed body gets.
#pragma once

#include "net/connection.h"

namespace slipway::net {

// One chunk of the chunked transfer coding (RFC 9112 section 7.1), or the bytes as they are for HTTP/1.0.
class StreamWriter final : public BodyWriter {
 public:
    StreamWriter(Connection& connection, bool chunked) : connection_(connection), chunked_(chunked) {}
    Task<void> write(std::string bytes) override;
    // The end of the body. False when the connection is broken.
    asio::awaitable<bool> finish();

 private:
    Connection& connection_;
    bool chunked_;
};

// Frames events (WHATWG HTML section 9.2.5).
class EventWriter final : public EventStream {
 public:
    EventWriter(Connection& connection, bool chunked) : stream_(connection, chunked) {}
    Task<void> send(std::string event, std::string data) override;
    asio::awaitable<bool> finish() { return stream_.finish(); }

 private:
    StreamWriter stream_;
};

// "event: name\ndata: line\n…\n\n"
std::string frame_event(std::string_view event, std::string_view data);
std::string chunk_of(std::string_view bytes);

}  // namespace slipway::net
