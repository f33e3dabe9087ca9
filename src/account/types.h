// Who uses an application: users stand above workspaces, a membership ties a user to a workspace with a role.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/task.h"
#include "base/workspace.h"

namespace slipway::store {
class Transaction;
}

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

// Whence a request comes, for limits, lists of sessions and the audit.
struct Visit {
    std::string address;     // of the client, behind the declared proxies
    std::string user_agent;  // as the client says; at most a few hundred bytes are kept
    std::string request_id;
};

struct User {
    std::string id;
    std::int64_t number = 0;  // small id for clients that want an integer
    std::string email;        // "" of an anonymous user
    std::string username;
    std::string display_name;  // "" when none was given
    bool active = true;
    bool anonymous = false;
    Role role = Role::member;  // in the workspace it was read for
    std::string role_name;     // what the application calls it: a role of the manifest, or to_string(role)
    std::string system_role;   // above all workspaces: "user", "admin", "owner"
    std::string default_workspace;
    json::object profile;  // what the application keeps of a person (avatar_url, locale …)
    Instant created_at;
    std::optional<Instant> email_verified_at, last_sign_in_at;
};

// What a request may do, by name ("content:write"); "*" is all. Sorted.
using Scopes = std::vector<std::string>;

enum class Proof : unsigned char {
    session,  // an access token of a sign-in
    api_key,
    service_token,
    beta_token,
    edge,  // an assertion of a proxy in front, verified
};

// Who makes a request, and how that was proven.
struct Principal {
    User user;  // of a key that acts for itself: id "key:<id>", number 0, its name as username
    WorkspaceId workspace;
    std::string session_id;  // "" unless by a session
    Instant proven_until;    // when the access token ends
    Proof proof = Proof::session;
    std::string key_id;        // of an API key or token, also of one from the manifest
    std::string device_id;     // of the session
    int assurance = 1;         // 2: a second factor was shown
    Instant authenticated_at;  // when a password or a factor was last asked for
    // Null: all that the role may. Else what it may at most, whatever the role.
    std::shared_ptr<const Scopes> scopes;

    // `forbidden` when the role is less.
    Result<void> require(Role least) const;
};

struct Registration {
    std::string email;
    std::string username;  // "": the email
    std::string password;
    std::string display_name;
    bool without_password = false;  // of who signs in with another provider
    // Done in the transaction that makes the user; may be empty.
    std::function<Task<void>(store::Transaction& transaction, const User& user)> within = {};
};

// A second factor of a user, without its secret.
struct Factor {
    std::string id, kind, name;
    Instant created_at;
    std::optional<Instant> confirmed_at, last_used_at;
};

// The second step of a sign-in.
struct Challenge {
    std::string token;
    std::vector<Factor> factors;
};

struct Tokens {
    std::string access_token;
    std::string refresh_token;
    std::chrono::seconds expires_in{0};  // of the access token
    User user;
    std::string session_id;
    std::string device_id;  // "" where none was named
    // A second factor is due (Accounts::finish_sign_in): there are no tokens yet.
    std::optional<Challenge> challenge;
};

}  // namespace slipway::account
