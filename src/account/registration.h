// What a registration must look like.
#pragma once

#include "account/types.h"
#include "base/json.h"

namespace slipway::account {

inline constexpr std::size_t kUsernameLengthMin = 3;
inline constexpr std::size_t kUsernameLengthMax = 50;
inline constexpr std::size_t kPasswordLengthMax = 256;

// Trims, folds the email, and checks; `invalid` with details.errors [{field, message}].
Result<Registration> checked(Registration registration, std::size_t password_length_min);
Result<void> check_password(std::string_view password, std::size_t password_length_min);

}  // namespace slipway::account
