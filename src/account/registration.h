// What a registration must look like.
#pragma once

#include "account/passwords.h"
#include "account/types.h"
#include "base/json.h"

namespace slipway::account {

inline constexpr std::size_t kUsernameLengthMin = 3;
inline constexpr std::size_t kUsernameLengthMax = 50;

// Trims, folds the email, and checks; `invalid` with details.errors [{field, message}].
Result<Registration> checked(Registration registration, const Passwords& passwords);

}  // namespace slipway::account
