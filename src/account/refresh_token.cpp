#include "account/refresh_token.h"

#include "base/crypto.h"

namespace slipway::account {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kIdBytes = 36;
constexpr std::size_t kGenerationBytes = 8;
constexpr std::size_t kSealBytes = 16;
constexpr std::size_t kSignedBytes = 1 + kIdBytes + kGenerationBytes;
constexpr std::string_view kPurpose = "slipway refresh token\n";  // keeps this key apart from others of the secret

std::string signed_part(std::string_view session_id, std::int64_t generation) {
    std::string bytes(1, kVersion);
    bytes += session_id;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>((static_cast<std::uint64_t>(generation) >> shift) & 0xff);
    return bytes;
}

std::string seal_of(std::string_view secret, std::string_view session_key, std::string_view bytes) {
    const auto key = hmac_sha256(secret, std::string(kPurpose).append(session_key));
    return hmac_sha256(key, bytes).substr(0, kSealBytes);
}

}  // namespace

std::optional<RefreshToken> parse_refresh_token(std::string_view text) {
    if (text.size() > kRefreshTokenBytesMax) return std::nullopt;
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() != kSignedBytes + kSealBytes || bytes->front() != kVersion) return std::nullopt;
    RefreshToken token;
    token.session_id = bytes->substr(1, kIdBytes);
    for (const char c : token.session_id)
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f') && c != '-') return std::nullopt;
    std::uint64_t generation = 0;
    for (std::size_t i = 0; i < kGenerationBytes; ++i)
        generation = generation << 8 | static_cast<unsigned char>((*bytes)[1 + kIdBytes + i]);
    token.generation = static_cast<std::int64_t>(generation);
    if (token.generation < 0) return std::nullopt;
    token.seal = bytes->substr(kSignedBytes);
    return token;
}

std::string make_refresh_token(std::string_view secret, std::string_view session_key, std::string_view session_id,
                               std::int64_t generation) {
    const auto bytes = signed_part(session_id, generation);
    return to_base64url(bytes + seal_of(secret, session_key, bytes));
}

bool is_sealed_with(const RefreshToken& token, std::string_view secret, std::string_view session_key) {
    const auto bytes = signed_part(token.session_id, token.generation);
    return equal_constant_time(token.seal, seal_of(secret, session_key, bytes));
}

}  // namespace slipway::account
