// The HTTP server of an application, as its manifest has it.
#pragma once

#include "net/server.h"
#include "serve/application.h"
#include "serve/rate_limit.h"

namespace slipway::serve {

// Both outlive the server; `limit` may be null.
net::ServerOptions server_options(Application& application, RateLimit* limit);

}  // namespace slipway::serve
