// The request target (RFC 9112 section 3.2) as path and query.
#pragma once

#include "net/request_parser.h"

namespace slipway::net {

// Fills path and query from `request.target`: decoded, dot segments removed. "*" stays "*" (OPTIONS only). The
// authority of an absolute target replaces the Host header. Refused (400): an authority that is no host, a path that
// climbs above the root, broken escapes, NUL, not UTF-8, '#'.
std::expected<void, Refusal> read_target(Request& request);

// A host with an optional port, as Host and an absolute target name it (RFC 3986 section 3.2.2); not empty.
bool is_host(std::string_view value);

// Removes "." and ".." segments; nullopt when that leads above the root.
std::optional<std::string> without_dot_segments(std::string_view path);

}  // namespace slipway::net
