// Users of another system, with the hashes of their passwords: nobody has to choose a new one, and at the first sign-in
// each is hashed as here.
//
// One JSON object a line:
//     {"email": …, "username": …, "password_hash": …, "display_name": …, "role": …, "active": …, "email_verified": …,
//      "profile": {…}}
// Only email is needed. Without password_hash (password_hash.h says which are known) the user sets a password by a
// mail.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "account/audit.h"
#include "account/types.h"
#include "store/database/database.h"

namespace slipway::account {

inline constexpr std::size_t kImportLineBytesMax = 64 << 10;
inline constexpr std::size_t kImportLinesMax = 1000;  // of one call

struct ImportedUser {
    std::string email, username, display_name, password_hash;
    Role role = Role::member;
    bool active = true, email_verified = false;
    json::object profile;
};

// `invalid` says what is wrong with the line.
Result<ImportedUser> imported_user_of(std::string_view line);

struct ImportOutcome {
    std::size_t imported = 0;
    std::size_t present = 0;  // there already, by their email; nothing of them is changed, so an import can be repeated
    struct Fault {
        std::size_t line = 0;
        std::string message;
    };
    std::vector<Fault> faults;  // the others are imported all the same
};

// Into a workspace. `first_line`: the number of the first of them in their file; empty lines are passed over.
Task<ImportOutcome> import_users(store::Database& database, const Audit& audit, WorkspaceId workspace,
                                 std::vector<std::string> lines, std::size_t first_line);

}  // namespace slipway::account
