// First line: a token as a client sends it; the rest: claims that we sign ourselves. No token that was not signed here
// is accepted, with a secret or with a key pair.
#include "account/signing_keys.h"
#include "base/crypto.h"
#include "base/ed25519.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(jwt) {
    using namespace slipway;
    constexpr std::string_view kSecret = "the secret of the fuzz target, long enough";
    static const auto pair = ed25519::make_key_pair();
    const auto [token, rest] = fuzz::split_line(input);
    if (const auto read = account::read_token(token, account::kTokenBytesMax)) {
        fuzz::require(read->signature != hmac_sha256("a secret that signed nothing at all", read->signed_part),
                      "forged");
        fuzz::require(!ed25519::verify(pair.public_key, read->signed_part, read->signature), "forged for a key pair");
        (void)account::check_times(read->claims);
        (void)account::is_for_audience(read->claims, "us");
    }
    const auto claims = parse_json(rest);
    if (!claims || !claims->is_object()) return;
    auto given = claims->get_object();
    given["exp"] = 99'999'999'999;
    for (const auto* reserved : {"iat", "nbf"}) given.erase(reserved);
    auto own = account::unsigned_token(to_base64url(R"({"alg":"HS256"})"), given);
    own += "." + to_base64url(hmac_sha256(kSecret, own));
    const auto read = account::read_token(own, account::kTokenBytesMax);
    if (own.size() > account::kTokenBytesMax) return;
    fuzz::require(!read || account::check_times(read->claims).has_value(), "our own token has not ended");
    fuzz::require(!read || write_json(read->claims) == write_json(given), "what was signed is what is read");
}
