// What a registration must look like.
#pragma once

#include "account/passwords.h"
#include "account/types.h"
#include "base/json.h"

namespace slipway::account {

inline constexpr std::size_t kUsernameLengthMin = 3;
inline constexpr std::size_t kUsernameLengthMax = 50;

// What is wrong with it, as a sentence for people.
std::optional<std::string> username_fault(std::string_view username);

// For people, of the `conflict` with which a database refuses a row of users; details.field is email or username.
Error taken(Error error);

// Trims, folds the email, and checks; `invalid` with details.errors [{field, message}].
Result<Registration> checked(Registration registration, const Passwords& passwords);

}  // namespace slipway::account
