// What routes on accounts answer: users, and tokens after a sign-in.
#pragma once

#include "account/types.h"
#include "base/json.h"
#include "net/http.h"

namespace slipway::face {

json::object account_json(const account::User& user);
json::object account_schema();

// Tokens, or where a second factor is due the token for that step; never cached.
net::Response tokens_response(int status, const account::Tokens& tokens);
json::object tokens_schema();

}  // namespace slipway::face
