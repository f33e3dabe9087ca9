// JSON Web Tokens (RFC 7519), HS256 only: any other algorithm, "none" among them, is refused whatever the token says.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace slipway::account {

inline constexpr std::size_t kTokenBytesMax = 4096;  // longer ones are refused: claims are few and short

// Adds "iat" and "exp".
std::string sign_token(json::object claims, std::string_view secret, std::chrono::seconds valid_for);

// The claims of a token whose signature and times hold; `unauthorized` otherwise, without saying which part was wrong.
Result<json::object> verify_token(std::string_view token, std::string_view secret);

}  // namespace slipway::account
