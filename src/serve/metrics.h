// What Prometheus asks for: base/metrics.h as a route, and what is measured where the application is put together.
#pragma once

#include "net/router.h"
#include "net/server.h"
#include "serve/application.h"

namespace slipway::serve {

// Counts a request that was served; for net::ServerOptions::observe.
void observe_request(const net::RequestRecord& record);

// GET server.metrics.path, where the manifest names one. Answers this machine, and whoever brings the token of
// server.metrics.token; others learn nothing (404).
void add_metrics_route(net::Router& router, Application& application);

}  // namespace slipway::serve
