// How rows of workspaces, members and invitations become values, and what several matters of workspaces ask in a
// transaction.
#pragma once

#include "account/workspaces.h"

namespace slipway::account {

// Of `workspaces w`; with `role`, the role of who asks (SQL: a column or a text).
std::string workspace_columns(std::string_view role);
Workspace workspace_of(const store::Row& row);
Invitation invitation_of(const store::Row& row);

inline constexpr std::string_view kInvitationColumns =
    "i.id, i.email, i.role, i.invited_by, i.created_at, i.expires_at, i.accepted_at, i.revoked_at";

// `not_found` when it is not there, or marked as deleted. Holds the row, so that who changes members comes in line.
Task<Workspace> held_workspace(store::Transaction& transaction, WorkspaceId workspace);
Task<Member> member_in(store::Transaction& transaction, const std::string& workspace, const std::string& user_id);
// `conflict` unless somebody else than this user is an owner.
Task<void> require_other_owner(store::Transaction& transaction, const Roles& roles, const std::string& workspace,
                               const std::string& user_id);
// `conflict`, details.reason "quota".
Task<void> check_member_quota(store::Transaction& transaction, const Workspace& workspace, std::int64_t most);
// After somebody is no member any more: another workspace becomes the default where this one was it.
Task<void> renew_default(store::Transaction& transaction, const std::string& workspace, const std::string& user_id);

std::unexpected<Error> over_quota(std::string_view what, std::int64_t most);

}  // namespace slipway::account
