// Reads a body that comes in chunks (RFC 9112 section 7.1), as strict as the grammar there: two parties that disagree
// on where a chunk ends are what request smuggling is made of. Lines end in CR LF and hold no other control character,
// extensions are well formed (and ignored), trailers are fields (and dropped: nothing asked for them), and may not say
// anything about the body's length.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "net/request_parser.h"

namespace slipway::net {

class ChunkReader {
 public:
    static constexpr std::size_t kSizeDigitsMax = 16;   // leading zeros count
    static constexpr std::size_t kLineMax = 4096;       // a size with its extensions, or one trailer
    static constexpr std::size_t kAsideMax = 16 << 10;  // all extensions and trailers of one body

    // Takes what can be taken from the front of `input`, appends the data to `body`, and says how many bytes that was;
    // 0 when more are needed. `body` never grows beyond `body_bytes_max`.
    std::expected<std::size_t, Refusal> read(std::string_view input, std::string& body, std::size_t body_bytes_max);
    bool done() const { return next_ == Next::nothing; }

 private:
    enum class Next : unsigned char { size, data, end_of_data, trailer, nothing };

    std::size_t take_data(std::string_view input, std::string& body);
    // The length of the line at the front of `input`, without its CR LF; nullopt when it is not complete.
    std::expected<std::optional<std::size_t>, Refusal> find_line(std::string_view input) const;
    std::expected<void, Refusal> read_line(std::string_view line, std::size_t body_bytes, std::size_t body_bytes_max);
    std::expected<void, Refusal> read_size(std::string_view line);
    std::expected<void, Refusal> read_trailer(std::string_view line);

    Next next_ = Next::size;
    std::uint64_t remaining_ = 0;  // of the chunk's data
    std::size_t aside_ = 0;        // bytes of extensions and trailers so far
};

}  // namespace slipway::net
