// Secrets from environment variables and the .env file (base/environment.h).
#pragma once

#include <memory>

#include "base/environment.h"
#include "store/secrets/secrets.h"

namespace slipway::store {

// A name is the name of a variable, [A-Za-z_][A-Za-z0-9_]*, at most 256 bytes; another one is `invalid`. A variable
// that is empty counts as not set. The values are those of the environment given here; later changes of the process
// environment are not seen.
std::unique_ptr<Secrets> environment_secrets(Environment environment);

}  // namespace slipway::store
