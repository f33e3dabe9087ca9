// A question to a store of the application, whether it is there and what it is: asked at the start, by readiness, and
// by `slipway status`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/capabilities/capabilities.h"

namespace slipway::serve {

struct StoreProbe {
    std::string name;  // "index", as in the section `stores`
    std::string url;   // for people: shown_url()
    // The engine and its version. `unavailable` when it may be there later; any error says why, without secrets.
    std::function<Task<std::string>()> ask;
    bool needed = true;  // StoreHealth::needed
};

// The URL of a store without user, password and parameters. Empty for files of this machine.
std::string shown_url(std::string_view url);

// All at once, each for two seconds at most.
asio::awaitable<std::vector<app::StoreHealth>> ask_stores(const std::vector<StoreProbe>& probes);

}  // namespace slipway::serve
