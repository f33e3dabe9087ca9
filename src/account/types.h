// Who uses an application: users stand above workspaces, a membership ties a user to a workspace with a role.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/workspace.h"

namespace slipway::account {

// Each role may do what the ones before it may.
enum class Role : unsigned char {
    viewer,  // reads and chats
    member,  // and adds, edits, deletes single documents
    admin,   // and deletes all, manages users
    owner,   // and cannot be demoted by an admin
};
std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view name);

// The least role that may do each of these.
struct Rights {
    Role write_documents = Role::member;
    Role delete_all_documents = Role::admin;
};

struct User {
    std::string id;
    std::int64_t number = 0;  // small id for clients that want an integer
    std::string email;
    std::string username;
    bool active = true;
    Role role = Role::member;  // in the workspace it was read for
    Instant created_at;
};

// Who makes a request, proven by an access token.
struct Principal {
    User user;
    WorkspaceId workspace;
    std::string session_id;
    Instant proven_until;  // when the access token ends

    // `forbidden` when the role is less.
    Result<void> require(Role least) const;
};

struct Registration {
    std::string email;
    std::string username;
    std::string password;
};

struct Tokens {
    std::string access_token;
    std::string refresh_token;
    std::chrono::seconds expires_in{0};  // of the access token
    User user;
};

}  // namespace slipway::account
