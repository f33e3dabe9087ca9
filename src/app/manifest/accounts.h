// Section `accounts`: who may sign in, for how long, and what whom is allowed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/types.h"
#include "app/manifest/keys.h"
#include "base/crypto.h"

namespace slipway::app {

inline constexpr std::size_t kSecretBytesMin = 32;

enum class RegistrationPolicy : unsigned char { open, closed };

struct AttemptsSection {
    int max = 10;
    Milliseconds window{std::chrono::minutes(15)};
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
    account::Rights roles;
    bool required = false;
    std::vector<std::string> open_routes{"/api/auth/*", "/.well-known/*"};
    std::optional<DemoUser> demo;
};

void describe(Keys& keys, AccountsSection& accounts);

}  // namespace slipway::app
