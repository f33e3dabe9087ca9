// Cross-origin resource sharing (the CORS part of the WHATWG Fetch standard).
#pragma once

#include "net/server.h"

namespace slipway::net {

// Adds what lets a page of the request's origin read the response; nothing when there is no Origin or it is not
// admitted.
void add_cors_headers(const Cors& cors, const Request& request, Headers& headers);
// The answer to OPTIONS on a path that has the methods `allowed`: Allow, and for a preflight what it asks for.
Response answer_options(const Cors& cors, const Request& request, const std::vector<Method>& allowed);
// "GET, HEAD, OPTIONS": the value of Allow.
std::string allow_list(const std::vector<Method>& allowed);

}  // namespace slipway::net
