// Section `accounts`: who may sign in, for how long, and what whom is allowed.
#pragma once

#include <optional>
#include <string>

#include "account/types.h"
#include "account/workspaces.h"
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

struct RoleSection {
    std::string name;
    account::Role like = account::Role::viewer;
    std::vector<std::string> scopes;
};

struct RolesSection {
    account::Rights rights;
    std::vector<RoleSection> own;
};

enum class WorkspaceMode : unsigned char {
    shared,  // everybody joins `accounts.workspace`
    own,     // everybody gets one of their own at sign-up
};

struct WorkspacesSection {
    WorkspaceMode mode = WorkspaceMode::shared;
    account::WorkspaceCreation create = account::WorkspaceCreation::system_admins;
    bool first_user_owns = false;
    account::Quotas quotas;
};

enum class UnknownHosts : unsigned char { admit, refuse };

struct DomainsSection {
    std::string resolver;  // "": those of this machine
    std::string prefix = "slipway-verify";
    std::string token_prefix = "slipway-verify=";
    std::string cname;
    UnknownHosts unknown = UnknownHosts::admit;
    std::vector<std::string> hosts;  // of the application itself
    Milliseconds recheck{std::chrono::hours(24)};
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
    std::optional<DemoUser> demo;
};

void describe(Keys& keys, AccountsSection& accounts);

}  // namespace slipway::app
