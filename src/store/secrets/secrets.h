// The secrets port: values by name that must not be seen. Adapters: environment.h (Secrets Manager and SSM come beside
// it). Asked while a manifest is read, for each ${NAME} in it, one after another: an adapter over a network fetches
// what it has once.
#pragma once

#include <optional>
#include <string>

#include "base/task.h"

namespace slipway::store {

class Secrets {
 public:
    virtual ~Secrets() = default;
    // nullopt when there is no such secret, `invalid` when none can have this name, another error when the store could
    // not be asked. Callers never log the value.
    virtual Task<std::optional<std::string>> get(std::string name) = 0;
};

}  // namespace slipway::store
