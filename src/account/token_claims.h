// What an access token says of whom it is for.
//
// Always: sub (user's id), sid (session), ws (workspace), user_id (number), username, is_admin. The manifest adds more:
// a text in which {placeholders} stand. A claim that is one placeholder alone has its type (a number, true), and is
// left out where there is no value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/types.h"

namespace slipway::account {

using ClaimTemplates = std::vector<std::pair<std::string, std::string>>;

struct ClaimSubject {
    const User& user;
    std::string_view workspace, session_id, device_id;
};

json::object claims_of(const ClaimTemplates& further, const ClaimSubject& subject);

// `invalid` for a claim that is not the manifest's to set, and for a placeholder that does not exist.
Result<void> check_claim(std::string_view name, std::string_view text);

}  // namespace slipway::account
