// Users as such, whatever workspaces they are members of.
#pragma once

#include <optional>
#include <string>

#include "account/types.h"
#include "store/database/database.h"

namespace slipway::account {

// Role and workspace of what these give are empty.
Task<std::optional<User>> user_by_email(store::Database& database, std::string email);
Task<std::optional<User>> user_within(store::Transaction& transaction, std::string id);
Task<bool> username_is_taken(store::Database& database, std::string username);

// What a person is called in a mail.
std::string name_of(const User& user);

// What an errand noted of the request that began it, under "visit".
Visit visit_of(const json::object& values);
json::object noted(const Visit& visit);

}  // namespace slipway::account
