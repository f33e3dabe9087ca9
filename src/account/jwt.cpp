#include "account/jwt.h"

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::chrono::seconds kClockSkewMax{30};

std::unexpected<Error> refused() {
    return fail(ErrorCode::unauthorized, "The access token is not valid or has expired; sign in again.");
}

const std::string& our_header() {
    static const auto header = to_base64url(R"({"alg":"HS256","typ":"JWT"})");
    return header;
}

// Tokens of others (other members, another order) are as good when they name the one algorithm.
bool names_algorithm(std::string_view encoded) {
    if (encoded == our_header()) return true;
    const auto text = from_base64url(encoded);
    if (!text) return false;
    const auto header = parse_json(*text);
    return header && header->is_object() && text_or(header->get_object(), "alg") == "HS256";
}

std::int64_t unix_seconds(Instant instant) { return to_unix_ms(instant) / 1000; }

}  // namespace

std::string sign_token(json::object claims, std::string_view secret, std::chrono::seconds valid_for) {
    const auto issued = unix_seconds(now());
    claims["iat"] = issued;
    claims["exp"] = issued + valid_for.count();
    const auto payload = write_json(claims);
    auto token = our_header() + "." + to_base64url(payload);
    token += "." + to_base64url(hmac_sha256(secret, token));
    return token;
}

Result<json::object> verify_token(std::string_view token, std::string_view secret) {
    if (token.size() > kTokenBytesMax) return refused();
    const auto parts = split(token, '.');
    if (parts.size() != 3) return refused();
    const auto signature = from_base64url(parts[2]);
    const auto signed_part = token.substr(0, parts[0].size() + 1 + parts[1].size());
    if (!signature || !equal_constant_time(*signature, hmac_sha256(secret, signed_part))) return refused();

    const auto payload_text = from_base64url(parts[1]);
    if (!names_algorithm(parts[0]) || !payload_text) return refused();
    auto payload = parse_json(*payload_text);
    if (!payload || !payload->is_object()) return refused();

    auto& claims = payload->get_object();
    const auto current = unix_seconds(now());
    if (integer_or(claims, "exp", 0) <= current) return refused();
    if (integer_or(claims, "nbf", 0) > current + kClockSkewMax.count()) return refused();
    if (integer_or(claims, "iat", 0) > current + kClockSkewMax.count()) return refused();
    return std::move(claims);
}

}  // namespace slipway::account
