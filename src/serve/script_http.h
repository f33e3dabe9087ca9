// What Lua routes need from the composition: who makes a request, and what errors look like.
#pragma once

#include "app/script/routes.h"
#include "serve/application.h"
#include "serve/rate_limit.h"

namespace slipway::serve {

// `limit` outlives the routes; null: none.
std::shared_ptr<const app::ScriptHttp> script_http(const Application& application, RateLimit* limit);

}  // namespace slipway::serve
