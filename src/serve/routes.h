// All routes of an application: health, the default API, the page, scripts, the private commands.
#pragma once

#include "net/router.h"
#include "serve/application.h"
#include "serve/operator.h"

namespace slipway::serve {

// Which part of the work this process does; several processes share one PostgreSQL, index, bucket and queue.
enum class ServeRole : unsigned char {
    all,
    api,     // answers requests, and leaves jobs to others
    worker,  // runs jobs; of HTTP it answers health, readiness and figures alone
};

// `conflict` names a script's route that exists already. The application and the operator
// outlive the router.
Result<std::shared_ptr<const net::Router>> make_router(Application& application, Operator& commands,
                                                       ServeRole role = ServeRole::all);

// What errors outside handlers look like: of any server, and of this application's.
net::Response render_outside_error(const net::Request& request, int status, const Error& error);
net::ErrorRenderer outside_errors(const app::Manifest& manifest);

}  // namespace slipway::serve
