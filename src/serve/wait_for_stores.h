// A server may start before its stores do, as when a machine or a whole group of containers is started.
#pragma once

#include "serve/store_probe.h"

namespace slipway::serve {

inline constexpr Milliseconds kStartWaitMax{30'000};  // as PostgresOptions::start_time_max

// Asks all of them again and again until each has answered. Blocks. `unavailable` when one has not within `patience`,
// and at once what waiting does not mend: the message names the store, its URL, the reason, and what to do. What is
// waited for is logged.
Result<void> wait_for_stores(const std::vector<StoreProbe>& probes, Milliseconds patience = kStartWaitMax);

}  // namespace slipway::serve
