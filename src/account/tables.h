// The tables of accounts and how their rows become values.
//
// users            email and username of an anonymous user are "anonymous:<id>", its password_hash is ""; password_hash
//                  is also "" for who signs in with another provider only. profile: JSON, the keys that the manifest or
//                  a dialect names (avatar_url, locale …). system_role: "user", or above all workspaces "admin",
//                  "owner".
// workspaces       name: unique, the short name in addresses (slug); title: what people read ("": the name).
//                  settings: JSON, quotas among them. suspended: everybody is refused but the application's admins.
//                  deleting_at: nobody finds it any more; a job takes away what is in it, the row last.
// devices          fingerprint: what the client calls the device. facts: JSON (type, model, os_version, app_version).
// sessions         refresh_hash: of the refresh token that is valid now. refresh_key, generation, used_generation,
//                  rotated_at: how refresh tokens are made and what a repeated one means (sessions.h).
//                  expires_at: unused until then, it has ended (idle); ends_at: it has ended whatever is done
//                  (absolute; NULL of sessions from before: created_at plus the longest life). authenticated_at: when a
//                  password or a factor was last asked for. assurance: 1, or 2 after a second factor; methods: "pwd",
//                  "pwd otp", "google" … ended_reason beside revoked_at.
// account_codes    what a mail or a half-done sign-in carries: single use (the row is deleted), purpose "verify_email",
//                  "reset_password", "change_email", "sign_in_factor", "oauth_flow", "oauth_handover" … bound_to: what
//                  asked for it (a hash of a cookie, a session), so that it is of use to nobody else; "" where anybody
//                  who has it may use it. failures: of short codes, which end after a few.
// factors          kind "totp"; "passkey" may come. secret: sealed with the application's key, never as it is.
//                  last_step: the time step of the last code, which no earlier or equal one may follow.
// access_keys      kind "api", "beta", "service". user_id: for whom an API key acts; NULL: for itself, with `role`.
//                  prefix: its first characters, for lists. scopes: JSON array; [] is all that the role has.
// domains          of many who claim a domain one may prove it.
// security_events  workspace "": of none. Written by Audit alone, never changed (audit.h).
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
    "u.id, u.number, u.email, u.username, u.display_name, u.profile, u.active, u.anonymous, u.system_role, "
    "u.default_workspace, u.created_at, u.email_verified_at, u.last_sign_in_at, u.password_hash, m.role, m.workspace, "
    "(select w.suspended_at from workspaces w where w.id = m.workspace) as suspended_at";
User user_of(const store::Row& row);

}  // namespace slipway::account
