// Health, liveness, readiness and /openapi.json.
#pragma once

#include "net/router.h"
#include "serve/application.h"

namespace slipway::serve {

void add_health_routes(net::Router& router, Application& application);
// The document of all routes added before.
void add_openapi_route(net::Router& router, const app::Manifest& manifest);

}  // namespace slipway::serve
