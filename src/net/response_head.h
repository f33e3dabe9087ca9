// The head of a response as bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "net/http.h"

namespace slipway::net {

// 1xx, 204 and 304: neither body nor Content-Length.
constexpr bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

struct HeadFraming {
    int status = 200;
    bool http_1_0 = false;
    bool keep_alive = true;
    bool chunked = false;
    std::optional<std::uint64_t> length;  // absent with `chunked`, and for a body that ends with the connection
};

// `common` are complete lines that every response has. Framing headers that a handler set are left out: the server
// decides them. A header with a line break or another control character in it is left out too, and logged as the bug it
// is.
std::string render_head(const HeadFraming& framing, std::string_view common, std::string_view request_id,
                        const Headers& headers);

}  // namespace slipway::net
