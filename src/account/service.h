// Accounts: registration, sign-in, sessions, roles.
//
// Passwords are kept as passwords.h says; access tokens are JWTs (HS256, claims sub, sid, ws, username, is_admin,
// user_id); refresh tokens are random, stored hashed, replaced at each use (the use of an old one ends the whole
// session). Users are checked on every request, so a deactivated user or an ended session is out at once. Failed
// sign-ins are limited per name and per address: an attempt counts before its password is looked at, so that many at
// once do not pass the limit together, and no more once it has succeeded. An unknown name and a wrong password get the
// same answer after the same work.
#pragma once

#include <memory>
#include <vector>

#include "account/audit.h"
#include "account/passwords.h"
#include "account/types.h"
#include "store/database/database.h"

namespace slipway::account {

class Workspaces;

struct AccountOptions {
    std::string secret;  // signs access tokens; 32 bytes at least in production
    std::chrono::seconds access_token_valid_for{std::chrono::hours(24)};
    std::chrono::seconds refresh_token_valid_for{std::chrono::hours(24 * 30)};
    bool registration_open = true;
    // Failed sign-ins per name, and ten times that per address, in a window. Those under way count too.
    int attempts_max = 10;
    std::chrono::seconds attempts_window{std::chrono::minutes(15)};
    // Set: everybody gets a workspace of their own at sign-up instead of joining the shared one. Outlives the accounts.
    const Workspaces* personal_workspaces = nullptr;
    bool first_user_owns = false;         // who signs up first has the system role owner
    std::string workspace_name = "main";  // the workspace that every registered user joins
};

class Accounts {
 public:
    // What it is given outlives it.
    Accounts(store::Database& database, Passwords& passwords, const Audit& audit, AccountOptions options);

    // Makes the workspace that everybody joins; call once after the migrations, before anything else.
    Task<void> prepare();
    const WorkspaceId& workspace() const { return workspace_; }

    // `conflict` with details.field when the email or username is taken, `invalid` with details.errors, `forbidden`
    // when closed.
    Task<User> enroll(Registration registration, Role role = Role::member);
    Task<User> register_user(Registration registration);

    // `name` is an email or a username. `unauthorized`, or `rate_limited` with details.retry_after_seconds.
    Task<Tokens> sign_in(std::string name, std::string password, std::string remote_address);
    // For a user whose right to sign in was proven otherwise.
    Task<Tokens> sign_in_without_password(User user) { return open_session(std::move(user)); }
    Task<Tokens> refresh(std::string refresh_token);
    Task<void> sign_out(std::string refresh_token);
    Task<Principal> authenticate(std::string access_token);
    // For connections that outlive a request: the same person with the role of now, or `unauthorized` once the token
    // has ended, the session was ended, or the user is blocked.
    Task<Principal> renew(Principal principal);

    // The user as a member of the workspace, for work that goes on after its request. `forbidden` when there is no such
    // member any more, or it is blocked.
    Task<Principal> member(WorkspaceId workspace, std::string user_id);

    // Administration (slipway users). `not_found` when there is no such user.
    Task<std::vector<User>> list();
    Task<User> find(std::string name);
    Task<void> set_password(std::string name, std::string password);  // ends all sessions of the user
    Task<void> set_role(std::string name, Role role);
    Task<void> set_active(std::string name, bool active);

 private:
    // Within the sign-up of the user, whose workspace and role are filled in.
    Task<void> join_first_workspace(store::Transaction& transaction, User& user) const;
    // What a sign-in is counted under.
    struct Attempt {
        std::string name, address;
    };
    // `rate_limited` when either has no attempts left; then none is counted.
    Task<void> count_attempt(Attempt attempt);
    // An attempt that succeeded forgets earlier failures of its name; one that could not be judged only itself.
    Task<void> give_back_attempt(Attempt attempt, bool succeeded);
    // `unauthorized` when the name is unknown, the password wrong or the user blocked.
    Task<User> user_with_password(std::string folded_name, std::string password);
    Task<Principal> standing(std::string user_id, std::string session_id, WorkspaceId workspace);
    Task<Tokens> open_session(User user);
    std::string access_token_for(const User& user, const std::string& session_id) const;
    // As the password that was just shown is to be kept today; what fails is tried at the next sign-in.
    Task<void> rehash(std::string user_id, std::string former_hash, std::string password);

    store::Database& database_;
    Passwords& passwords_;
    const Audit& audit_;
    AccountOptions options_;
    WorkspaceId workspace_;
};

}  // namespace slipway::account
