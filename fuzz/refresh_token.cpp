// A refresh token as a client sends it: none that was not made here is sealed, and what was made is read.
#include "account/refresh_token.h"

#include "base/crypto.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(refresh_token) {
    using namespace slipway;
    constexpr std::string_view kSecret = "the secret of the fuzz target, long enough";
    static const auto key = random_token();
    const auto token = account::parse_refresh_token(input);
    if (!token) return;
    fuzz::require(!account::is_sealed_with(*token, kSecret, key), "forged");
    const auto made = account::make_refresh_token(kSecret, key, token->session_id, token->generation);
    const auto read = account::parse_refresh_token(made);
    fuzz::require(read && read->session_id == token->session_id && read->generation == token->generation,
                  "what was made is read");
    fuzz::require(account::is_sealed_with(*read, kSecret, key), "and sealed");
}
