// Compression of response bodies (RFC 1952).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::net {

// Whether an Accept-Encoding header admits gzip.
bool accepts_gzip(std::string_view accept_encoding);
// Text, JSON, JavaScript, CSS, SVG, XML.
bool is_compressible(std::string_view content_type);
// nullopt when the result would not be smaller. About 10 ms per megabyte of text.
std::optional<std::string> gzip(std::string_view text);

}  // namespace slipway::net
