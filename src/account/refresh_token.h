// Refresh tokens that can be made again, so that an answer which never arrived can be given once more, and that cannot
// be made from the database alone.
//
// base64url of: version (1 byte), the session's id (36), generation (8, the highest first), HMAC-SHA-256 of all that
// before it, cut to 128 bits. Its key is derived from the server's secret and the random key of the session's row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::account {

inline constexpr std::size_t kRefreshTokenBytesMax = 128;  // longer ones are none of ours, old or new

struct RefreshToken {
    std::string session_id;
    std::int64_t generation = 0;
    std::string seal;  // to be compared with that of a token made here
};

// What the token says; nullopt when it does not have the form. Nothing is proven yet.
std::optional<RefreshToken> parse_refresh_token(std::string_view text);

// `session_key`: of the session's row. The id has 36 bytes, as all that new_id() makes.
std::string make_refresh_token(std::string_view secret, std::string_view session_key, std::string_view session_id,
                               std::int64_t generation);
bool is_sealed_with(const RefreshToken& token, std::string_view secret, std::string_view session_key);

}  // namespace slipway::account
