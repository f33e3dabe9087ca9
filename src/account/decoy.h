// What a password is compared with where there is no user of the name, so that an answer takes as long as for one.
#pragma once

#include <string>

#include "base/crypto.h"

namespace slipway::account {

// In the form of hash_password, as dear to verify, matched by no password (but with chance 2^-256), and made at once:
// salt and digest are random.
std::string decoy_hash(PasswordCost cost);

}  // namespace slipway::account
