// POST /_operator/{command}: the commands of operator.h for the CLI, on the private socket only (404 elsewhere). The
// answer is a stream of server-sent events: the command's own, then `result` or `error`.
#pragma once

#include "net/router.h"
#include "serve/operator.h"

namespace slipway::serve {

void add_operator_route(net::Router& router, Operator& commands);

}  // namespace slipway::serve
