// Rows of access_keys as values.
#pragma once

#include "account/access_keys.h"

namespace slipway::account {

inline constexpr std::string_view kAccessKeyColumns =
    "k.id, k.workspace, k.kind, k.user_id, k.name, k.description, k.prefix, k.role, k.scopes, k.rate_per_minute, "
    "k.rate_per_day, k.created_by, k.created_at, k.expires_at, k.last_used_at, k.revoked_at";

AccessKey access_key_of(const store::Row& row);
std::string scopes_text(const Scopes& scopes);
bool is_usable(const AccessKey& key);  // now

}  // namespace slipway::account
