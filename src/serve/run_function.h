// `slipway lambda`: an application as a function of AWS Lambda (lambda/function.h). It serves the routes of `slipway
// serve`, all or those of one of the manifest's functions; what runs in the background is left to servers.
#pragma once

#include <string>

#include "serve/application.h"

namespace slipway::serve {

struct FunctionRun {
    std::string runtime_api;  // AWS_LAMBDA_RUNTIME_API
    std::string function;     // of the manifest; empty: all routes
    bool streams = false;     // lambda::FunctionOptions::streams
};

// `not_found` names the functions that there are.
Result<const app::FunctionSection*> find_function(const app::Manifest& manifest, const std::string& name);

// One request at a time needs one connection to PostgreSQL, which after a thaw is not used when it may be dead: the
// URLs say `pool=1` and `idle_timeout=1m` where they say nothing else. Before Application::open().
void fit_to_function(app::Manifest& manifest);

// Until SIGTERM. Blocks.
Result<void> run_function(Application& application, const FunctionRun& run);

}  // namespace slipway::serve
