// HTTP in front of a function, as API Gateway is: a request becomes an event of payload format 2.0, and what the
// function gave becomes a response. The other way round than event.h and answer.h.
#pragma once

#include <string>

#include "lambda/emulator.h"
#include "net/http.h"

namespace slipway::lambda {

std::string event_of(const net::Request& request);

// `upstream` when the function failed, or gave what is no answer to HTTP. Headers of CORS are left out.
Result<net::Response> response_of(const Outcome& outcome);

}  // namespace slipway::lambda
