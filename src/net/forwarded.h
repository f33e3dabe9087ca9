// Who the client is when proxies of ours stand before the server.
#pragma once

#include "net/http.h"

namespace slipway::net {

// With `trusted_proxies` proxies before us, each of which appends the address it saw to X-Forwarded-For, the entry of
// that number from the end is the client; what stands before it was written by the client itself. Sets remote_address
// and secure.
void apply_forwarded(Request& request, std::size_t trusted_proxies);

// The client's X-Request-Id when it is sane ([A-Za-z0-9._-]{1,64}), else empty.
std::string_view sane_request_id(const Request& request);

}  // namespace slipway::net
