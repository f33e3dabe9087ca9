// Row-level security: the second lock behind the first one. Every table with a column `workspace` has a forced policy
// that lets only the rows of the transaction's workspace through; the application's role owns nothing and cannot bypass
// it.
//
// clang-format off
//     slipway.workspace   the workspace of the transaction, set for it alone (set_config(…, true))
//     slipway.scope       'system' for what stands above workspaces: recovery, administration. Anything else: the
//                         workspace only. A session that never set either sees nothing.
// clang-format on
//
// A table without that column stands above workspaces and must be named with its reason (TableAboveWorkspaces): one
// that was forgotten fails the migration.
#pragma once

#include <span>
#include <string_view>

#include "store/database/postgres/session.h"

namespace slipway::store::postgres {

inline constexpr std::string_view kPolicy = "slipway_workspace";

// Gives each table of workspaces its policy, and the role its rights. Inside a migration, as the owner.
Task<void> secure_tables(Session& session, std::string_view role);

// The same as text, for a file of SQL that runs without us. `role` is quoted already or needs no quotes.
std::string secure_tables_script(std::string_view role);

// Makes the role that the application runs as, or changes its password; on RDS with `iam` it gets rds_iam instead. As
// an owner who may make roles. The password travels as a SCRAM verifier.
Task<void> make_role(Connection& connection, Session& session, const Target& application);

// `forbidden` when the role of the session could bypass the policies: a superuser, one with BYPASSRLS, an owner of
// tables, or a member of such a one.
Task<void> check_role(Session& session, std::string_view shown);

// What the catalogue says against the above, one sentence for each table: no policy, not forced, another one, a view
// that does not ask as its caller, or neither a column `workspace` nor a reason. Empty when all is well.
Task<std::vector<std::string>> unsecured_tables(Session& session, std::span<const TableAboveWorkspaces> above);

}  // namespace slipway::store::postgres
