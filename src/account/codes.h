// Codes that a mail or a half-done sign-in carries: random, of use once and for a time, kept hashed (table
// account_codes). They have 256 bits, so nobody guesses one and a fast hash suffices.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "store/database/database.h"

namespace slipway::account {

struct NewCode {
    std::string purpose;   // "verify_email", "reset_password", "change_email" …
    std::string user_id;   // "": nobody's yet
    std::string bound_to;  // what has to be shown with it; "": it is enough
    json::object data;     // what it is needed for; no secret
    std::chrono::seconds valid_for{std::chrono::hours(1)};
};

struct UsedCode {
    std::string user_id;
    json::object data;
};

// The user's earlier codes of the purpose end with it. Codes of anybody that have expired are taken away.
Task<std::string> make_code(store::Transaction& transaction, NewCode code);
// Takes the code: of two who show it at once one gets it. nullopt when there is none, it has expired, is for something
// else or bound to something else.
Task<std::optional<UsedCode>> use_code(store::Transaction& transaction, std::string purpose, std::string code,
                                       std::string bound_to = {});
// When the user's last code of the purpose was made, of those that still hold.
Task<std::optional<Instant>> last_code_of(store::Transaction& transaction, std::string purpose, std::string user_id);
Task<void> drop_codes(store::Transaction& transaction, std::string purpose, std::string user_id);

}  // namespace slipway::account
