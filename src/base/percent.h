// Percent encoding (RFC 3986 section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway {

// Decodes %XX (and '+' when `plus_is_space`); nullopt for a broken escape or a result that is not valid UTF-8 without
// NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
// All but unreserved characters and those of `kept`: "/" for a whole path.
std::string percent_encode(std::string_view text, std::string_view kept = "");

}  // namespace slipway
