// `slipway serve`: the server of an application, from start to SIGTERM.
#pragma once

#include <functional>

#include "serve/routes.h"

namespace slipway::serve {

struct RunOptions {
    ServeRole role = ServeRole::all;
    std::function<void(std::uint16_t port)> ready;  // told once, when the server listens
    bool watch = false;                             // documents and scripts are looked at again when files change
};

// Serves until SIGTERM or SIGINT, then drains: open streams finish inside the limit. A second signal ends
// the process at once, with 128 + its number. Blocks.
Result<void> run(Application& application, RunOptions options);

}  // namespace slipway::serve
