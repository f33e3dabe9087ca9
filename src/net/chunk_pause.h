// Where Beast's parser of chunks must not be called.
#pragma once

#include <cstdint>
#include <string_view>

namespace slipway::net {

// Follows where in a chunked body its parser stands. When a body begins with its last chunk and "0 CR LF" comes alone,
// Beast 1.81 remembers that it was there and asserts that at least two more bytes come at once; with one more it would
// abort a build with assertions. Nothing is complete at four bytes, so they wait for a fifth.
class ChunkPause {
 public:
    void begin_chunk(std::uint64_t size) { left_ = size; }
    void take(std::size_t bytes) { left_ -= bytes; }
    bool must_wait(std::string_view rest) const { return left_ == 0 && rest.size() == 4 && rest.starts_with("0\r\n"); }

 private:
    std::uint64_t left_ = 0;
};

}  // namespace slipway::net
