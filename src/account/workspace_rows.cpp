#include "account/workspace_rows.h"

#include "account/tables.h"
#include "base/text.h"

namespace slipway::account {

std::string workspace_columns(std::string_view role) {
    return fmt::format(
        "w.id, w.name, w.title, w.description, w.settings, w.personal_of, w.suspended_at, w.suspended_reason, "
        "w.created_at, w.updated_at, {} as own_role, (select count(*) from memberships n where n.workspace = w.id) as "
        "members",
        role);
}

Workspace workspace_of(const store::Row& row) {
    Workspace workspace;
    workspace.id.value = row.text("id");
    workspace.slug = row.text("name");
    workspace.title = row.text("title");
    if (workspace.title.empty()) workspace.title = workspace.slug;
    workspace.description = row.text("description");
    if (auto settings = parse_json(row.text("settings")); settings && settings->is_object())
        workspace.settings = std::move(settings->as_object());
    workspace.personal_of = row.text("personal_of");
    workspace.role = row.text("own_role");
    workspace.members = row.integer("members");
    if (row.optional_integer("suspended_at")) workspace.suspended_at = row.instant("suspended_at");
    workspace.suspended_reason = row.text("suspended_reason");
    workspace.created_at = row.instant("created_at");
    workspace.updated_at = row.optional_integer("updated_at") ? row.instant("updated_at") : workspace.created_at;
    return workspace;
}

Invitation invitation_of(const store::Row& row) {
    Invitation invitation;
    invitation.id = row.text("id");
    invitation.email = row.text("email");
    invitation.role = row.text("role");
    invitation.invited_by = row.text("invited_by");
    invitation.created_at = row.instant("created_at");
    invitation.expires_at = row.instant("expires_at");
    if (row.optional_integer("accepted_at"))
        invitation.state = "accepted";
    else if (row.optional_integer("revoked_at"))
        invitation.state = "revoked";
    else
        invitation.state = invitation.expires_at <= now() ? "expired" : "pending";
    return invitation;
}

std::unexpected<Error> no_workspace() { return fail(ErrorCode::not_found, "There is no such workspace."); }

std::unexpected<Error> over_quota(std::string_view what, std::int64_t most) {
    auto message =
        fmt::format("A quota is used up: at most {} {}. Remove some, or ask for a larger quota.", most, what);
    return std::unexpected(
        Error{ErrorCode::conflict, std::move(message), {}}.with("reason", "quota").with("quota", most));
}

Task<Workspace> held_workspace(store::Transaction& transaction, WorkspaceId workspace) {
    // An update of nothing: of two at once one waits, on both databases.
    store::Parameters held{workspace.value};
    SLIPWAY_CO_TRY(const auto touched,
                   co_await transaction.execute(
                       "update workspaces set name = name where id = $1 and deleting_at is null", std::move(held)));
    if (touched.changed() == 0) co_return no_workspace();
    store::Parameters by_id{workspace.value};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await transaction.execute(
            fmt::format("select {} from workspaces w where w.id = $1", workspace_columns("''")), std::move(by_id)));
    co_return workspace_of(rows.front());
}

Task<Member> member_in(store::Transaction& transaction, const std::string& workspace, const std::string& user_id) {
    store::Parameters parameters{workspace, user_id};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute(
                       fmt::format("select {}, m.created_at as since from memberships m join users u on u.id = "
                                   "m.user_id where m.workspace = $1 and m.user_id = $2",
                                   kUserColumns),
                       std::move(parameters)));
    if (rows.empty()) co_return fail(ErrorCode::not_found, "This workspace has no such member.");
    co_return Member{user_of(rows.front()), rows.front().instant("since")};
}

Task<void> require_other_owner(store::Transaction& transaction, const Roles& roles, const std::string& workspace,
                               const std::string& user_id) {
    store::Parameters parameters{workspace, user_id};
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(
                                        "select distinct role from memberships where workspace = $1 and user_id <> $2",
                                        std::move(parameters)));
    for (const auto row : rows)
        if (const auto* role = roles.find(row.text("role")); role != nullptr && role->rank == Role::owner)
            co_return Result<void>();
    co_return std::unexpected(
        Error{ErrorCode::conflict, "A workspace needs an owner, and this is its last. Hand it over first.", {}}.with(
            "reason", "last_owner"));
}

Task<void> check_member_quota(store::Transaction& transaction, const Workspace& workspace, std::int64_t most) {
    if (most == 0) co_return Result<void>();
    store::Parameters parameters{workspace.id.value, now()};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute("select count(*) as n from invitations where workspace = $1 and "
                                                "accepted_at is null and revoked_at is null and expires_at > $2",
                                                std::move(parameters)));
    if (workspace.members + rows.front().integer("n") >= most) co_return over_quota("members and invitations", most);
    co_return Result<void>();
}

Task<void> renew_default(store::Transaction& transaction, const std::string& workspace, const std::string& user_id) {
    store::Parameters parameters{user_id, workspace};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "update users set default_workspace = (select min(m.workspace) from memberships m where m.user_id = users.id) "
        "where id = $1 and default_workspace = $2",
        std::move(parameters)));
    co_return Result<void>();
}

}  // namespace slipway::account
