// Reads one HTTP/1.x request from bytes. Beast splits the head; what RFC 9112 leaves to the server's caution is refused
// here: bare line feeds, folded lines, repeated or doubtful lengths, unknown transfer codings, more than one Host.
// Chunks are read by net/chunk_reader.h.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "net/http.h"

namespace slipway::net {

// A request that cannot be served: how it is answered.
struct Refusal {
    int status = 400;
    Error error;
};

template <typename... Arguments>
std::unexpected<Refusal> refuse(int status, ErrorCode code, fmt::format_string<Arguments...> format,
                                Arguments&&... arguments) {
    return std::unexpected(Refusal{status, Error{code, fmt::format(format, std::forward<Arguments>(arguments)...)}});
}

class RequestParser {
 public:
    static constexpr std::size_t kFieldsMax = 100;

    // Fills `request` (method, target, headers, then body), which must outlive the parser.
    explicit RequestParser(Request& request);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // How many bytes at the front of `input` are the head; 0 while it is not complete. To be called with all input so
    // far.
    std::expected<std::size_t, Refusal> parse_head(std::string_view input, std::size_t head_bytes_max);
    // How many bytes were taken for the body; 0 while more are needed.
    std::expected<std::size_t, Refusal> parse_body(std::string_view input, std::size_t body_bytes_max);
    bool done() const;

    // After the head:
    bool http_1_0() const;
    bool keep_alive() const;
    bool expects_continue() const;
    bool upgrades_to_websocket() const;
    std::optional<std::uint64_t> content_length() const;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
