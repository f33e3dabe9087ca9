// First line: a token as a client sends it; the rest: claims that we sign ourselves. No token that was not signed here
// is accepted.
#include "account/jwt.h"

#include "base/json.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(jwt) {
    using namespace slipway;
    constexpr std::string_view kSecret = "the secret of the fuzz target, long enough";
    const auto [token, rest] = fuzz::split_line(input);
    fuzz::require(!account::verify_token(token, "another secret that signed nothing at all").has_value(), "forged");
    const auto claims = parse_json(rest);
    if (!claims || !claims->is_object()) return;
    auto given = claims->get_object();
    for (const auto* reserved : {"exp", "iat", "nbf"}) given.erase(reserved);
    const auto own = account::sign_token(given, kSecret, std::chrono::hours(1));
    fuzz::require(account::verify_token(own, kSecret).has_value() == (own.size() <= account::kTokenBytesMax),
                  "our own token is accepted unless it is too long");
    auto changed = own;
    changed[rest.size() % changed.size()] ^= 1;
    fuzz::require(!account::verify_token(changed, kSecret).has_value(), "a changed token is not");
}
