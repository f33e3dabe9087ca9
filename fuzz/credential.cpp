// What people type as a code and clients send as a key. First line: a code; the rest: a bearer.
#include "account/authentication.h"
#include "account/totp.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(credential) {
    using namespace slipway;
    const auto [code, bearer] = fuzz::split_line(input);
    if (const auto typed = account::totp_input(code)) {
        fuzz::require(typed->size() == account::kTotpDigits, "six digits");
        fuzz::require(typed->find_first_not_of("0123456789") == std::string::npos, "digits");
        const auto instant = from_unix_ms(1'000'000'000'000);
        const auto step = account::totp_match("12345678901234567890", *typed, instant, 0);
        fuzz::require(!step || account::totp_code("12345678901234567890", *step) == *typed, "no code of that step");
    }
    const auto folded = account::folded_recovery_code(code);
    fuzz::require(account::folded_recovery_code(folded) == folded, "folding twice is folding once");
    (void)account::looks_like_access_token(bearer);
    static const account::ConfiguredTokens tokens("key", {"w"},
                                                  {{"s", "a token", account::Proof::service_token, {}, {}}});
    fuzz::require((tokens.find(bearer) != nullptr) == (bearer == "a token"), "another token");
}
