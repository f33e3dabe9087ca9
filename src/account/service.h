// Accounts: registration, sign-in, sessions, roles.
//
// Passwords are kept as passwords.h says; access tokens are JWTs (signing_keys.h, token_claims.h); refresh tokens,
// devices, and how sessions end: sessions.h. Users are checked on every request, so a deactivated user or an ended
// session is out at once. Failed sign-ins are limited per name and per address: an attempt counts before its password
// is looked at, so that many at once do not pass the limit together, and no more once it has succeeded. An unknown name
// and a wrong password get the same answer after the same work.
#pragma once

#include <memory>
#include <vector>

#include "account/audit.h"
#include "account/factors.h"
#include "account/passwords.h"
#include "account/sessions.h"
#include "account/signing_keys.h"
#include "account/token_claims.h"
#include "account/types.h"
#include "store/database/database.h"

namespace slipway::account {

class Workspaces;

// Whether somebody must show that the address is theirs.
enum class Verification : unsigned char {
    none,      // nobody is asked to
    optional,  // a mail asks for it
    required,  // before the first sign-in
};

struct AccountOptions {
    Verification verification = Verification::none;
    ClaimTemplates claims;  // further ones of access tokens
    std::chrono::seconds access_token_valid_for{std::chrono::hours(24)};
    SessionOptions sessions;
    Factors* factors = nullptr;  // null: nobody has a second one
    bool registration_open = true;
    // Failed sign-ins of a name before delays begin, which grow up to the window; and ten times as many per address in
    // a window (attempts.cpp). Those under way count too.
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
    Accounts(store::Database& database, Passwords& passwords, const Audit& audit, SigningKeys& keys,
             AccountOptions options);

    // Makes the workspace that everybody joins; call once after the migrations, before anything else.
    Task<void> prepare();
    const WorkspaceId& workspace() const { return workspace_; }

    // `conflict` with details.field when the email or username is taken, `invalid` with details.errors, `forbidden`
    // when closed.
    Task<User> enroll(Registration registration, Role role = Role::member);
    Task<User> register_user(Registration registration);
    // Of a registration that was checked (registration.h), and whose password was hashed.
    Task<User> enroll_hashed(Registration registration, std::string password_hash, Role role = Role::member);

    // `name` is an email or a username. `unauthorized`, `forbidden` (only with the right password), both with
    // details.reason: wrong, blocked, unverified; or `rate_limited` with details.retry_after_seconds.
    Task<Tokens> sign_in(std::string name, std::string password, Visit visit, std::optional<NewDevice> device = {});
    // The first half of it: who has this name and this password. Attempts count as those to sign in. `device`: its
    // fingerprint, where the client tells one.
    Task<User> prove(std::string name, std::string password, Visit visit, std::string device = "");
    // For a user whose right to sign in was proven otherwise; `methods` says how (tables.h). Of both the answer is a
    // challenge, without tokens, where a second factor is due.
    Task<Tokens> sign_in_without_password(User user, NewSession session = {});
    // As Factors::finish().
    Task<Tokens> finish_sign_in(std::string factor_token, std::string code, Visit visit);
    // A password, and of who has a second factor a code, shown again by who is signed in: sensitive changes are open to
    // this session for a while. Errors as sign_in() and Factors::verify().
    Task<void> reauthenticate(Principal principal, std::string password, std::string code, Visit visit);
    // As Sessions::refresh().
    Task<Tokens> refresh(std::string refresh_token, Visit visit);
    // Ends the session of the token; nothing happens when there is none.
    Task<void> sign_out(std::string refresh_token, Visit visit);
    Sessions& sessions() { return sessions_; }
    Verification verification() const { return options_.verification; }
    bool registration_open() const { return options_.registration_open; }
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
    // Above all workspaces: "user", "admin" or "owner". `forbidden` unless `by` is an owner of the system, `conflict`
    // (details.reason "last_owner") for the last one, `not_found` when nobody has this id.
    Task<User> set_system_role(Principal by, std::string user_id, std::string role, Visit visit);

 private:
    // Within the sign-up of the user, whose workspace and role are filled in.
    Task<void> join_first_workspace(store::Transaction& transaction, User& user) const;
    // What a sign-in is counted under.
    struct Attempt {
        std::string name, address;
        std::string device;  // its fingerprint, where the client tells one
    };
    // `rate_limited` when either has no attempts left; then none is counted.
    Task<void> count_attempt(Attempt attempt);
    // An attempt that succeeded forgets earlier failures of its name; one that could not be judged only itself.
    Task<void> give_back_attempt(Attempt attempt, bool succeeded);
    // `unauthorized` when the name is unknown, the password wrong or the user blocked.
    Task<User> user_with_password(std::string folded_name, std::string password);
    // In the workspace that they are signed in to; `unauthorized` (details.reason "blocked") when blocked or gone.
    Task<User> user_at_home(std::string user_id);
    Task<Principal> standing(std::string user_id, std::string session_id, std::int64_t generation,
                             WorkspaceId workspace);
    Task<Tokens> tokens_for(User user, Grant grant);
    // As the password that was just shown is to be kept today; what fails is tried at the next sign-in.
    Task<void> rehash(std::string user_id, std::string former_hash, std::string password);

    store::Database& database_;
    Passwords& passwords_;
    const Audit& audit_;
    SigningKeys& keys_;
    AccountOptions options_;
    Sessions sessions_;
    WorkspaceId workspace_;
};

}  // namespace slipway::account
