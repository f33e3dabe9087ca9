// What routes on accounts answer: users, and tokens after a sign-in.
#pragma once

#include "account/types.h"
#include "base/json.h"
#include "net/router.h"

namespace slipway::face {

// A route of the tag `accounts` with a small body. Where somebody must be signed in it needs the scope `account`.
net::Operation account_operation(std::string summary, json::value request, json::value response, int status,
                                 bool authenticated);

json::object account_json(const account::User& user);
json::object account_schema();

// Tokens, or where a second factor is due the token for that step; never cached.
net::Response tokens_response(int status, const account::Tokens& tokens);
json::object tokens_schema();

}  // namespace slipway::face
