// Keys roles, workspaces and domains of the section `accounts`.
#pragma once

#include <string>
#include <vector>

#include "account/workspaces.h"
#include "app/manifest/keys.h"

namespace slipway::app {

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

void describe(Keys& keys, RolesSection& roles);
void describe(Keys& keys, WorkspacesSection& workspaces);
void describe(Keys& keys, DomainsSection& domains);

}  // namespace slipway::app
