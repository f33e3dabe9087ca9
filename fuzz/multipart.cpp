// First line: the Content-Type; the rest: the body of an upload.
#include "net/http.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(multipart) {
    using namespace slipway;
    const auto [type, body] = fuzz::split_line(input);
    const auto parts = net::parse_multipart(type, body, 8);
    if (!parts) return;
    fuzz::require(parts->size() <= 8, "parts are limited");
    for (const auto& part : *parts)
        fuzz::require(body.find(part.data) != std::string_view::npos, "a part is a part of the body");
}
