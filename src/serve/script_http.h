// What Lua routes need from the composition: who makes a request, and what errors look like.
#pragma once

#include "app/script/routes.h"
#include "face/api/own_errors.h"
#include "serve/application.h"

namespace slipway::serve {

// What the manifest says of errors in a form of its own.
face::OwnErrors own_errors(const app::Manifest& manifest);

// The application outlives the routes.
std::shared_ptr<const app::ScriptHttp> script_http(const Application& application);

}  // namespace slipway::serve
