// Passwords that are tried first wherever passwords are guessed: 11,611 with at least eight characters, from the
// frequency list of zxcvbn (list.txt, sorted, lower case; LICENSE.txt beside it).
#pragma once

#include <string_view>

namespace slipway::account {

// Upper case does not make another one of it.
bool is_common_password(std::string_view password);

}  // namespace slipway::account
