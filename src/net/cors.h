// Which web pages of other origins may call: cross-origin resource sharing (the CORS part of the WHATWG Fetch
// standard), and its counterpart for WebSockets, which browsers open across origins without asking.
#pragma once

#include "net/server.h"

namespace slipway::net {

// Adds what lets a page of the request's origin read the response; nothing when there is no Origin or it is not
// admitted.
void add_cors_headers(const Cors& cors, const Request& request, Headers& headers);
// The answer to OPTIONS on a path that has the methods `allowed`: Allow, and for a preflight what it asks for.
Response answer_options(const Cors& cors, const Request& request, const std::vector<Method>& allowed);
// Whether the page that opens a WebSocket may: a page of this server (its Origin names the Host of the request; over
// TLS it must be https too) or of an admitted origin. A client that sends no Origin is no browser and may (RFC 6455
// section 10.2). A proxy that rewrites Host makes its own origin a foreign one: `cors` must name it then.
bool may_open_socket(const Cors& cors, const Request& request);
// "GET, HEAD, OPTIONS": the value of Allow.
std::string allow_list(const std::vector<Method>& allowed);

}  // namespace slipway::net
