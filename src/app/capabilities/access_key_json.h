// Keys as the default API and scripts show them, and how they are asked for.
//
// Who may: an admin all keys of the workspace; others keys that act for themselves.
#pragma once

#include "account/access_keys.h"
#include "base/json.h"

namespace slipway::app {

// {id, kind, name, description, prefix, acts_for: "me" or "itself", user_id, role, scopes, rate_per_minute,
//  rate_per_day, created_by, created_at, expires_at, last_used_at}
json::object key_json(const account::AccessKey& key);

// From {name, description, acts_for: "me" (the default) or "itself", role, scopes, rate_per_minute, rate_per_day,
// expires_in_days}. `invalid`, or `forbidden` where it wants a key that only an admin makes.
Result<account::AccessKey> wanted_key(const json::object& given, const account::Principal& by);
// From what of it may be changed later.
Result<account::KeyChange> wanted_change(const json::object& given);

// Whose keys these are for the principal: "" all.
std::string keys_visible_to(const account::Principal& principal);
// The key, if it is visible to the principal; else `not_found`.
Task<account::AccessKey> visible_key(account::AccessKeys& keys, const account::Principal& principal, std::string id);

}  // namespace slipway::app
