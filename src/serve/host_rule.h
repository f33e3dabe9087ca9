// accounts.domains.unknown: whether a request with a Host that nobody knows is answered.
//
// Known are loopback, the names in accounts.domains.hosts, and proven domains of workspaces. Health checks and the
// private socket need none, as a load balancer asks by address.
#pragma once

#include "net/http.h"
#include "serve/application.h"

namespace slipway::serve {

// `not_found` for a Host that is not known where the manifest refuses those.
Task<void> check_host(Application& application, const net::Request& request);

}  // namespace slipway::serve
