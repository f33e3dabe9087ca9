// The secrets port: values by name that must not be seen. Adapters: environment.h, aws_secrets.h (Secrets Manager and
// SSM). Asked while a manifest is read, for each ${NAME} in it, one after another: an adapter over a network fetches
// what it has once and keeps it for a while.
//
// Rotation: get() gives a value that is minutes old at most. Who is refused with one (a password that the database
// knows no more) calls refresh() and, when it says true, get() again.
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
    // Asks the store anew, unless it was asked a moment ago; whether any value is another one now. An error leaves the
    // old values.
    virtual Task<bool> refresh() { co_return false; }
};

}  // namespace slipway::store
