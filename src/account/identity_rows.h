// Rows of identities and of the codes of sign-ins with other providers.
#pragma once

#include <optional>
#include <string>

#include "account/audit.h"
#include "account/oauth_wire.h"
#include "store/database/database.h"

namespace slipway::account {

inline constexpr std::string_view kFlowPurpose = "oauth_flow", kHandoverPurpose = "oauth_handover";

struct CodeRow {
    std::string code;  // as it is sent; its hash is kept
    std::string_view purpose;
    std::string user_id;  // "": nobody's yet
    std::string bound_to;
    json::object data = {};
    std::chrono::seconds valid_for{0};
};
// Takes out what has ended on the way.
Task<void> keep_code(store::Database& database, CodeRow row);
// Uses it up: nullopt when there is none (any more).
Task<std::optional<CodeRow>> take_code(store::Database& database, std::string code, std::string_view purpose);

// Who it is of; nullopt: nobody's. Notes that it was used.
Task<std::optional<std::string>> use_identity(store::Database& database, std::string provider, std::string subject);
// `conflict` when it is another user's, or the user has one of this provider already.
Task<void> add_identity(store::Transaction& transaction, const Audit& audit, std::string user_id, std::string provider,
                        ProvidedIdentity identity, Visit visit);

}  // namespace slipway::account
