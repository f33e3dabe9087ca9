// Section `accounts`: who may sign in, for how long, and what whom is allowed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/service.h"
#include "account/signing_keys.h"
#include "app/manifest/account_access.h"
#include "app/manifest/keys.h"
#include "app/manifest/providers.h"
#include "app/manifest/workspaces.h"
#include "base/crypto.h"

namespace slipway::app {

struct Manifest;

inline constexpr std::size_t kSecretBytesMin = 32;

enum class RegistrationPolicy : unsigned char { open, closed };

struct AttemptsSection {
    int max = 10;
    Milliseconds window{std::chrono::minutes(15)};
};

struct SessionSection {
    Milliseconds idle{0};  // 0 after reading: refresh_token
    Milliseconds absolute{std::chrono::hours(24 * 365)};
    bool one_per_device = false;
};

enum class Revocation : unsigned char { immediate, token };
struct DemoUser {
    std::string username = "demo";
    std::string email = "demo@example.org";
    Secret password;
};

struct AccountsSection : AccessSection {
    account::SigningAlgorithm algorithm = account::SigningAlgorithm::hs256;
    Secret secret;            // empty in development: a random one is made once and kept in the data folder
    Secret previous_secrets;  // separated by commas
    std::string issuer, audience, token_type;
    TextMap claims;
    Milliseconds access_token{std::chrono::hours(24)};
    Milliseconds refresh_token{std::chrono::hours(24 * 30)};
    SessionSection session;
    Revocation revocation = Revocation::immediate;
    account::Verification verification = account::Verification::none;
    std::string links;  // base URL of the links in mails, without a slash at the end
    RegistrationPolicy registration = RegistrationPolicy::open;
    std::size_t password_length_min = 8;
    std::string workspace = "main";
    AttemptsSection attempts;
    PasswordCost argon2;
    RolesSection roles;
    WorkspacesSection workspaces;
    DomainsSection domains;
    std::vector<IdentityProviderSection> providers;
    std::string callback_base;  // without a slash at the end
    std::vector<std::string> redirects;
    std::optional<EdgeIdentitySection> edge;
    bool required = false;
    std::vector<std::string> open_routes{"/api/auth/*", "/.well-known/*"};
    std::optional<DemoUser> demo;
};

void describe(Keys& keys, AccountsSection& accounts);
// Where browsers reach the API, for providers to send them back to; "": nobody knows.
std::string callback_base(const Manifest& manifest);
// Each of them.
std::vector<std::string> previous_secrets(const AccountsSection& accounts);

}  // namespace slipway::app
