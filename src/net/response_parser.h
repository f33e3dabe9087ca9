// Reads one HTTP/1.1 response from bytes as they arrive. Beast underneath, which stays inside response_parser.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace slipway::net {

class ResponseParser {
 public:
    // `without_body`: the answer to HEAD or CONNECT. Interim answers (1xx) are read over.
    ResponseParser(bool without_body, std::size_t header_bytes_max, std::uint64_t body_bytes_max);
    ~ResponseParser();

    // How many of the bytes were used; the rest is to be given again together with more, except when done(): then it
    // does not belong to this response. The message of an error continues a sentence that begins with the peer's name.
    Result<std::size_t> feed(std::string_view bytes);
    // The peer closed the connection. `upstream` when the response was not complete.
    Result<void> feed_end();

    bool has_head() const;
    bool done() const;
    bool keep_alive() const;  // after the head
    int status() const;
    Headers& headers();
    // The part of the body that has come since the last call.
    std::string take_body();
    bool has_body() const;  // such a part

 private:
    struct Machine;
    std::unique_ptr<Machine> machine_;
    bool without_body_;
    std::size_t header_bytes_max_;
    std::uint64_t body_bytes_max_;
    int interim_ = 0;

    void restart();
};

}  // namespace slipway::net
