// Who we are to AWS.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace slipway::store {

struct AwsCredentials {
    std::string access_key_id;
    std::string secret_access_key;  // in no message and no log
    std::string session_token;      // of credentials that expire; empty for lasting ones; as secret as the key
    std::optional<Instant> expires;

    bool operator==(const AwsCredentials&) const = default;
};

}  // namespace slipway::store
