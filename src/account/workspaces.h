// Workspaces: who is a member and as what, invitations, handing over, suspending, deleting.
//
// Who is no member of a workspace learns nothing of it: every call answers `not_found` then, in the words for one that
// does not exist. What a member's role does not allow is `forbidden`; the scope that each call needs stands beside it
// and is checked by it, whatever the route said. A workspace has an owner at any time: the last one cannot leave, be
// removed or given another role (`conflict`, details.reason "last_owner"). Each change is a security event in its
// transaction.
//
// Deleting: the workspace is marked and everything that leads into it (members, invitations, keys, domains) goes in
// one transaction, so nobody finds it from then on; what lies in it goes afterwards (on_delete), and its row last.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "account/audit.h"
#include "account/roles.h"
#include "account/types.h"
#include "store/database/database.h"

namespace slipway::account {

inline constexpr std::size_t kSlugBytesMax = 63;
inline constexpr std::size_t kTitleBytesMax = 200;
inline constexpr std::size_t kDescriptionBytesMax = 2'000;
inline constexpr std::size_t kSettingsBytesMax = 64 << 10;
inline constexpr std::size_t kWorkspacesListedMax = 1'000;
inline constexpr std::size_t kMembersListedMax = 10'000;
inline constexpr std::size_t kPendingInvitationsMax = 200;  // of a workspace

// 0: as many as one likes.
struct Quotas {
    std::int64_t members = 0;  // with those who are invited
    std::int64_t workspaces_per_user = 0;
    std::int64_t documents = 0;
    std::uint64_t bytes = 0;  // of documents' originals and of files together
    std::int64_t keys = 0;
};

enum class WorkspaceCreation : unsigned char { nobody, system_admins, everyone };

struct WorkspacesOptions {
    WorkspaceCreation create = WorkspaceCreation::system_admins;
    Quotas quotas;
    std::chrono::seconds invitations_valid_for{std::chrono::hours(24 * 7)};
};

struct Workspace {
    WorkspaceId id;
    std::string slug;
    std::string title, description;
    json::object settings;    // the application's own
    std::string personal_of;  // the user whom it was made for at sign-up; "" none
    std::string role;         // of who asks; "" when it is asked for by the system
    std::int64_t members = 0;
    std::optional<Instant> suspended_at;
    std::string suspended_reason;
    Instant created_at, updated_at;
};

struct Member {
    User user;
    Instant since;
};

struct NewWorkspace {
    std::string title;
    std::string slug;  // "": made of the title
    std::string description;
};

// What is absent stays.
struct WorkspaceChange {
    std::optional<std::string> title, slug, description;
    std::optional<json::object> settings;  // as a whole
};

struct Invitation {
    std::string id, email, role, invited_by;
    std::string state;  // "pending", "accepted", "revoked" or "expired"
    Instant created_at, expires_at;
    std::string token;  // what the mail carries; only in the answer of invite()
};

struct Usage {
    std::int64_t members = 0, documents = 0, keys = 0;
    std::uint64_t bytes = 0;
    Quotas quotas;
};

// Who does something: for what they may, and for the audit.
struct Actor {
    const Principal& principal;  // after Roles::apply()
    Visit visit = {};
};

// Thread safe.
class Workspaces {
 public:
    // What it is given outlives it.
    Workspaces(store::Database& database, const Roles& roles, const Audit& audit, WorkspacesOptions options)
        : database_(database), roles_(roles), audit_(audit), options_(std::move(options)) {}

    // Within the transaction that stores the invitation: has it mailed. Before the first invitation; without it the
    // answer of invite() is all that carries the token.
    using MailInvitation =
        std::function<Task<void>(store::Transaction&, const Invitation&, const Workspace&, const User& by)>;
    void on_invite(MailInvitation mail) { mail_ = std::move(mail); }
    // Called once a workspace is marked as deleted: has what lies in it removed.
    using Deleted = std::function<Task<void>(WorkspaceId)>;
    void on_delete(Deleted remove) { removed_ = std::move(remove); }

    // ## Which one a request acts in
    // `principal` as a member of the workspace of that id or slug. `not_found` also when it is no member, or its key
    // belongs to another one.
    Task<Principal> enter(Principal principal, std::string id_or_slug) const;
    // `forbidden` (details.reason "suspended") for a workspace that is suspended, except to the system's admins;
    // `not_found` for one that is deleted.
    Task<void> check_open(const Principal& principal) const;

    // ## For everybody who is signed in
    Task<std::vector<Workspace>> list(std::string user_id) const;
    // Its maker is the owner. `forbidden` where the manifest lets nobody make one, `conflict` (details.field "slug")
    // when it is taken, (details.reason "quota") when the user owns as many as one may.
    Task<Workspace> create(Actor actor, NewWorkspace wanted);
    // The invitation of this token, for the user whose address it names. `not_found`; `invalid` with details.reason
    // "expired", "used" or "email"; `conflict` when already a member.
    Task<Workspace> accept(Actor actor, std::string token);

    // ## In the workspace of the principal
    Task<Workspace> get(Actor actor) const;                                     // workspace:read
    Task<Workspace> update(Actor actor, WorkspaceChange change);                // workspace:settings
    Task<void> remove(Actor actor);                                             // workspace:delete
    Task<std::vector<Member>> members(Actor actor) const;                       // workspace:read
    Task<Member> set_role(Actor actor, std::string user_id, std::string role);  // workspace:users
    Task<void> remove_member(Actor actor, std::string user_id);                 // workspace:users
    Task<void> leave(Actor actor);                                              // account
    // The other becomes an owner, who hands it over an admin.
    Task<void> transfer(Actor actor, std::string user_id);  // workspace:delete
    // `conflict` (details.field "email") for a member or one who is invited already; nobody is invited as an owner.
    Task<Invitation> invite(Actor actor, std::string email, std::string role);  // workspace:users
    Task<std::vector<Invitation>> invitations(Actor actor) const;               // workspace:users
    Task<void> revoke_invitation(Actor actor, std::string id);                  // workspace:users
    Task<Usage> usage(Actor actor) const;                                       // workspace:read

    // ## Above workspaces: the operator (a principal without a user) and the system's admins
    Task<std::vector<Workspace>> list_all() const;
    Task<Workspace> find(std::string id_or_slug) const;
    Task<std::vector<Member>> members_of(WorkspaceId workspace) const;
    // For a user who signs up, within that transaction: a workspace of their own, which becomes their default.
    Task<WorkspaceId> create_personal(store::Transaction& transaction, const User& user) const;
    Task<Workspace> create_for(std::string user_id, NewWorkspace wanted);
    Task<void> suspend(WorkspaceId workspace, std::string reason, std::string actor_id, Visit visit);
    Task<void> resume(WorkspaceId workspace, std::string actor_id, Visit visit);
    Task<void> remove_by_operator(WorkspaceId workspace, std::string actor_id, Visit visit);

    // ## Removing what was deleted (serve/workspace_removal.h)
    Task<std::vector<WorkspaceId>> deleted() const;
    // Its row, once nothing is left in it.
    Task<void> forget(WorkspaceId workspace);

    const WorkspacesOptions& options() const { return options_; }

 private:
    Task<Workspace> insert(store::Transaction& transaction, const User& owner, NewWorkspace wanted, bool personal,
                           const SecurityEvent& event) const;
    Task<void> record(store::Transaction& transaction, const Actor& actor, std::string event, std::string user_id,
                      json::object details) const;
    Task<void> mark_deleted(WorkspaceId workspace, SecurityEvent event);

    store::Database& database_;
    const Roles& roles_;
    const Audit& audit_;
    WorkspacesOptions options_;
    MailInvitation mail_;
    Deleted removed_;
};

// "a-z0-9" and single '-' inside, 1 to kSlugBytesMax; what else the text has becomes '-'. "" when nothing is left.
std::string slug_of(std::string_view text);
// `not_found`, in the words for all that a person may not see.
std::unexpected<Error> no_workspace();

}  // namespace slipway::account
