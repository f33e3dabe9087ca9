// The tables of accounts and how their rows become values.
#pragma once

#include <span>

#include "account/types.h"
#include "store/database/database.h"

namespace slipway::account {

std::span<const store::Migration> migrations();
// Those of them that belong to no workspace.
std::span<const store::TableAboveWorkspaces> tables_above_workspaces();

// The columns that user_of() and its callers read; for queries over `users u` joined with `memberships m`.
inline constexpr std::string_view kUserColumns =
    "u.id, u.number, u.email, u.username, u.active, u.created_at, u.password_hash, m.role, m.workspace";
User user_of(const store::Row& row);

}  // namespace slipway::account
