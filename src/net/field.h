// What a header field may be made of (RFC 9110 sections 5.1, 5.5 and 5.6.2). What does not pass could break out of its
// line, so nothing else is sent.
#pragma once

#include <string_view>

namespace slipway::net {

bool is_token_char(char c);
// A field's name: one token.
bool is_field_name(std::string_view name);
// No control characters but the tab; bytes above 127 are allowed.
bool is_field_value(std::string_view value);

}  // namespace slipway::net
