// JSON Web Tokens in their compact form (RFC 7519, RFC 7515): reading one without trusting it, and what holds of every
// token, ours or of others. Whose key signed it is asked by SigningKeys (ours) and Issuers (others').
//
// A header never says how it is to be verified: the algorithm belongs to the key. Headers that bring a key along or say
// where one lies (jwk, jku, x5c, x5u), and extensions that must be understood (crit), are refused; so are names that
// stand twice, and base64url that is not in its one canonical form.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace slipway::account {

inline constexpr std::size_t kTokenBytesMax = 16 << 10;    // of others' tokens, whose claims may be many
inline constexpr std::size_t kOwnTokenBytesMax = 4 << 10;  // longer ones are refused: claims are few and short
inline constexpr std::chrono::seconds kClockSkewMax{30};

struct CompactToken {
    std::string algorithm, key_id, type;  // as the header says; key_id and type may be ""
    json::object claims;
    std::string_view signed_part;  // of the text that was read
    std::string signature;
};

// `unauthorized`, without saying which part was wrong.
std::unexpected<Error> token_refused();

// The parts of a token of which nothing is verified yet.
Result<CompactToken> read_token(std::string_view token, std::size_t bytes_max);

// What has to be so whoever signed: `exp` is there and not past, `nbf` and `iat` are not in the future but for
// kClockSkewMax.
Result<void> check_times(const json::object& claims);
// "aud" is this text, or a list that holds it.
bool is_for_audience(const json::object& claims, std::string_view audience);

// "HEADER.CLAIMS", which is what gets signed. `header` is encoded already.
std::string unsigned_token(std::string_view encoded_header, const json::object& claims);

}  // namespace slipway::account
