// Section `accounts`: who may sign in, for how long, and what whom is allowed.
#pragma once

#include <optional>
#include <string>

#include "account/access_keys.h"
#include "account/types.h"
#include "app/manifest/keys.h"
#include "app/manifest/workspaces.h"
#include "base/crypto.h"

namespace slipway::app {

inline constexpr std::size_t kSecretBytesMin = 32;

enum class RegistrationPolicy : unsigned char { open, closed };

struct AttemptsSection {
    int max = 10;
    Milliseconds window{std::chrono::minutes(15)};
};

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

struct DemoUser {
    std::string username = "demo";
    std::string email = "demo@example.org";
    Secret password;
};

struct AccountsSection {
    std::string algorithm = "HS256";
    Secret secret;  // empty in development: a random one is made once and kept in the data folder
    Milliseconds access_token{std::chrono::hours(24)};
    Milliseconds refresh_token{std::chrono::hours(24 * 30)};
    RegistrationPolicy registration = RegistrationPolicy::open;
    std::size_t password_length_min = 8;
    std::string workspace = "main";
    AttemptsSection attempts;
    PasswordCost argon2;
    RolesSection roles;
    WorkspacesSection workspaces;
    DomainsSection domains;
    HashingSection hashing;
    KeysSection keys;
    BetaSection beta;
    std::string service_header;
    std::vector<ServiceToken> service_tokens;
    std::optional<DemoUser> demo;
};

void describe(Keys& keys, AccountsSection& accounts);

}  // namespace slipway::app
