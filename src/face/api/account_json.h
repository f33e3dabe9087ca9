// What the routes of accounts have in common: the answer to a sign-in, whatever proved who somebody is.
#pragma once

#include "account/types.h"
#include "net/http.h"

namespace slipway::face {

// Never cached.
net::Response tokens_response(int status, const account::Tokens& tokens);
json::object tokens_schema();

}  // namespace slipway::face
