// Health, liveness, readiness and /openapi.json.
#pragma once

#include "net/router.h"
#include "serve/application.h"

namespace slipway::serve {

// True for a request that cannot have come from elsewhere (where proxies on this machine are told of, trusted_proxies).
bool on_this_machine(const net::Request& request);

void add_health_routes(net::Router& router, Application& application);
// The document of all routes added before.
void add_openapi_route(net::Router& router, Application& application);

}  // namespace slipway::serve
