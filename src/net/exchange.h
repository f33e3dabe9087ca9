// One request and what is known of its answer.
#pragma once

#include "net/held_bytes.h"
#include "net/loop.h"

namespace slipway::net {

struct Exchange {
    explicit Exchange(Service& service) : held(service.held_bytes, service.options.limits.held_bytes_max) {}

    Request request;
    Headers told;                  // with the answer, whichever it is
    HeldBytes held;                // of the bodies, in and out
    Loop::SharedRouter router;     // keeps `route` alive when the routes are swapped meanwhile
    const Route* route = nullptr;  // null until one matched
    std::vector<Method> allowed;   // what the path has, when none matched
    Clock::time_point started;
    int status = 0;  // of the answer, once it is on its way
    bool http_1_0 = false;
    bool keep_alive = false;
    bool upgrade = false;  // to WebSocket
};

}  // namespace slipway::net
