// Workspaces, members, invitations and domains as faces and scripts see them.
#pragma once

#include "app/capabilities/capabilities.h"

namespace slipway::app {

// {id, slug, name, description, role, member_count, settings, personal, suspended, created_at, updated_at}
json::object to_json(const account::Workspace& workspace);
// {user_id, email, username, display_name, role, active, created_at}
json::object to_json(const account::Member& member);
// {id, email, role, status, invited_by, created_at, expires_at}, and "token" where it is told
json::object to_json(const account::Invitation& invitation);
// {members, documents, bytes, keys, quotas: {the same, workspaces_per_user}}; a quota of 0 is none
json::object to_json(const account::Usage& usage);
// {id, domain, verified, record: {type, name, value}, cname, created_at, checked_at, verified_at}
json::object to_json(const account::Domain& domain);

// {name, slug, description, settings}
account::NewWorkspace new_workspace(const json::object& given);
account::WorkspaceChange workspace_change(const json::object& given);

}  // namespace slipway::app
