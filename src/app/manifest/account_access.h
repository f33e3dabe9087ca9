// Of section `accounts`: in which ways somebody comes in beside a password.
#pragma once

#include <string>
#include <vector>

#include "account/access_keys.h"
#include "account/factors.h"
#include "app/manifest/keys.h"

namespace slipway::app {

struct KeysSection {
    std::string prefix = "key_";
    std::int64_t rate_per_minute = 60;
    std::int64_t rate_per_day = 10'000;
};

struct BetaSection {
    Secret tokens;
    std::string pattern = "beta_{year}_{suffix}";
    account::Role role = account::Role::member;
    std::int64_t rate_per_minute = 60;
};

struct ServiceToken {
    std::string name;
    Secret secret;
    account::Role role = account::Role::member;
};

struct HashingSection {
    std::size_t threads = 0;
    std::size_t waiting = 64;
    std::size_t memory = 256 << 20;
};

// Keys of `accounts` itself.
struct AccessSection {
    HashingSection hashing;
    KeysSection keys;
    BetaSection beta;
    std::string service_header;
    std::vector<ServiceToken> service_tokens;
    account::FactorPolicy factors = account::FactorPolicy::optional;
    std::string factors_required_from = "nobody";  // or the name of a role
    Milliseconds step_up{std::chrono::minutes(10)};
    bool anonymous = false;
    account::Role anonymous_role = account::Role::viewer;
    Milliseconds anonymous_kept{std::chrono::hours(24 * 30)};
};

void describe_access(Keys& keys, AccessSection& accounts);

}  // namespace slipway::app
