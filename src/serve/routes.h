// All routes of an application: health, the default API, the page, scripts, the private commands.
#pragma once

#include "net/router.h"
#include "serve/application.h"
#include "serve/operator.h"
#include "serve/rate_limit.h"

namespace slipway::serve {

// `conflict` names a script's route that exists already. The application, the operator and the limit (null: none)
// outlive the router.
Result<std::shared_ptr<const net::Router>> make_router(Application& application, Operator& commands,
                                                       RateLimit* limit = nullptr);

// What errors outside handlers look like.
net::Response render_outside_error(const net::Request& request, int status, const Error& error);

}  // namespace slipway::serve
