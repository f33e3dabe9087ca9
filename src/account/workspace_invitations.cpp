// Invitations into a workspace: a token by mail, single use, bound to the address.
#include "account/tables.h"
#include "account/workspace_rows.h"
#include "base/crypto.h"
#include "base/email.h"
#include "base/text.h"

namespace slipway::account {
namespace {

std::unexpected<Error> refused(std::string_view reason, std::string message) {
    return std::unexpected(Error{ErrorCode::invalid, std::move(message), {}}.with("reason", json::string(reason)));
}

std::unexpected<Error> member_already(std::string_view what) {
    return std::unexpected(
        Error{ErrorCode::conflict, fmt::format("This address is {} already.", what), {}}.with("field", "email"));
}

// Neither a member nor invited, and few enough wait.
Task<void> check_invitable(store::Transaction& transaction, const std::string& workspace, const std::string& email) {
    store::Parameters parameters{workspace, email, now()};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await transaction.execute(
            "select (select count(*) from memberships m join users u on u.id = m.user_id where m.workspace = $1 and "
            "u.email = $2) as members, (select count(*) from invitations where workspace = $1 and email = $2 and "
            "accepted_at is null and revoked_at is null and expires_at > $3) as same, (select count(*) from "
            "invitations where workspace = $1 and accepted_at is null and revoked_at is null and expires_at > $3) as "
            "pending",
            std::move(parameters)));
    const auto row = rows.front();
    if (row.integer("members") > 0) co_return member_already("a member");
    if (row.integer("same") > 0) co_return member_already("invited");
    if (row.integer("pending") >= static_cast<std::int64_t>(kPendingInvitationsMax))
        co_return over_quota("invitations that wait", kPendingInvitationsMax);
    co_return Result<void>();
}

Result<void> check_acceptable(const Invitation& invitation, const User& user) {
    if (invitation.state == "revoked") return fail(ErrorCode::not_found, "There is no such invitation.");
    if (invitation.state == "expired") return refused("expired", "The invitation has expired; ask for another.");
    if (invitation.state == "accepted") return refused("used", "The invitation was used already.");
    if (invitation.email != lower_ascii(user.email) || user.anonymous)
        return refused("email", "The invitation is for another address; sign in with that.");
    return {};
}

}  // namespace

Task<Invitation> Workspaces::invite(Actor actor, std::string email, std::string role) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:users"));
    SLIPWAY_CO_TRY(const auto wanted, roles_.require(role));
    if (wanted.rank == Role::owner)
        co_return fail(ErrorCode::invalid, "Nobody is invited as an owner; hand the workspace over afterwards.");
    email = lower_ascii(trim(email));
    if (!is_email(email)) co_return fail(ErrorCode::invalid, "'{}' is no email address.", cut_utf8(email, 100));
    Invitation made;
    made.id = new_id();
    made.email = email;
    made.role = wanted.name;
    made.invited_by = actor.principal.user.id;
    made.state = "pending";
    made.token = random_token();
    made.created_at = from_unix_ms(to_unix_ms(now()));
    made.expires_at = made.created_at + options_.invitations_valid_for;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(const auto workspace, co_await held_workspace(transaction, actor.principal.workspace));
        SLIPWAY_CO_CHECK(co_await check_invitable(transaction, workspace.id.value, email));
        SLIPWAY_CO_CHECK(co_await check_member_quota(transaction, workspace, options_.quotas.members));
        store::Parameters row{made.id,         workspace.id.value, made.email,     made.role, sha256_hex(made.token),
                              made.invited_by, made.created_at,    made.expires_at};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into invitations(id, workspace, email, role, token_hash, invited_by, created_at, expires_at) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8)",
            std::move(row)));
        json::object details{{"email", made.email}, {"role", made.role}};
        SLIPWAY_CO_CHECK(co_await record(transaction, actor, "member_invited", "", std::move(details)));
        if (mail_) SLIPWAY_CO_CHECK(co_await mail_(transaction, made, workspace, actor.principal.user));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return made;
}

Task<std::vector<Invitation>> Workspaces::invitations(Actor actor) const {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:users"));
    const store::Scope scope(actor.principal.workspace);
    store::Parameters parameters{kMembersListedMax};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(scope,
                                           fmt::format("select {} from invitations i where i.workspace = $workspace "
                                                       "order by i.created_at desc, i.id limit $1",
                                                       kInvitationColumns),
                                           std::move(parameters)));
    std::vector<Invitation> invitations;
    for (const auto row : rows) invitations.push_back(invitation_of(row));
    co_return invitations;
}

Task<void> Workspaces::revoke_invitation(Actor actor, std::string id) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, "workspace:users"));
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{id, actor.principal.workspace.value, now()};
        SLIPWAY_CO_TRY(const auto revoked, co_await transaction.execute(
                                               "update invitations set revoked_at = $3 where id = $1 and workspace = "
                                               "$2 and accepted_at is null and revoked_at is null",
                                               std::move(row)));
        if (revoked.changed() == 0) co_return fail(ErrorCode::not_found, "There is no such invitation that waits.");
        json::object details{{"invitation", id}};
        co_return co_await record(transaction, actor, "invitation_revoked", "", std::move(details));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

Task<Workspace> Workspaces::accept(Actor actor, std::string token) {
    SLIPWAY_CO_CHECK(Roles::check(actor.principal, kAccountScope));
    const auto& user = actor.principal.user;
    std::optional<Workspace> joined;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters by_token{sha256_hex(token)};
        SLIPWAY_CO_TRY(
            const auto rows,
            co_await transaction.execute(
                fmt::format("select {}, i.workspace from invitations i where i.token_hash = $1", kInvitationColumns),
                std::move(by_token)));
        if (rows.empty()) co_return fail(ErrorCode::not_found, "There is no such invitation.");
        const auto invitation = invitation_of(rows.front());
        WorkspaceId id{rows.front().text("workspace")};
        SLIPWAY_CO_CHECK(check_acceptable(invitation, user));
        SLIPWAY_CO_TRY(joined, co_await held_workspace(transaction, id));
        // Single use: of two at once one finds it used.
        store::Parameters used{invitation.id, user.id, now()};
        SLIPWAY_CO_TRY(const auto taken, co_await transaction.execute(
                                             "update invitations set accepted_at = $3, accepted_by = $2 where id = $1 "
                                             "and accepted_at is null and revoked_at is null",
                                             std::move(used)));
        if (taken.changed() == 0) co_return refused("used", "The invitation was used already.");
        store::Parameters membership{id.value, user.id, invitation.role, now()};
        SLIPWAY_CO_TRY(const auto added,
                       co_await transaction.execute(
                           "insert into memberships(workspace, user_id, role, created_at) values ($1, $2, $3, $4) on "
                           "conflict (workspace, user_id) do nothing",
                           std::move(membership)));
        if (added.changed() == 0) co_return fail(ErrorCode::conflict, "You are a member of this workspace already.");
        store::Parameters first{user.id, id.value};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update users set default_workspace = $2 where id = $1 and default_workspace is null", std::move(first)));
        SecurityEvent told{.event = "invitation_accepted", .workspace = id.value, .user_id = user.id};
        told.visit = actor.visit;
        told.details = {{"role", invitation.role}, {"invited_by", invitation.invited_by}};
        SLIPWAY_CO_CHECK(co_await audit_.record(transaction, std::move(told)));
        joined->role = invitation.role;
        joined->members += 1;
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return *std::move(joined);
}

}  // namespace slipway::account
