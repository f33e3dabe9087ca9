#include "account/jwt.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/json_names.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::array<std::string_view, 5> kRefusedHeaders{"jwk", "jku", "x5c", "x5u", "crit"};
constexpr JsonLimits kTokenJson{.depth_max = 16, .bytes_max = kTokenBytesMax};

Result<json::object> object_in_part(std::string_view encoded) {
    const auto text = from_base64url(encoded);
    if (!text || has_repeated_names(*text)) return token_refused();
    auto value = parse_json(*text, kTokenJson);
    if (!value || !value->is_object()) return token_refused();
    return std::move(value->get_object());
}

double unix_seconds() { return static_cast<double>(to_unix_ms(now())) / 1000; }

}  // namespace

std::unexpected<Error> token_refused() {
    return fail(ErrorCode::unauthorized, "The access token is not valid or has expired; sign in again.");
}

Result<CompactToken> read_token(std::string_view token, std::size_t bytes_max) {
    if (token.size() > bytes_max || std::ranges::count(token, '.') != 2) return token_refused();
    const auto parts = split(token, '.');
    CompactToken read;
    SLIPWAY_TRY(const auto header, object_in_part(parts[0]));
    for (const auto refused : kRefusedHeaders)
        if (header.contains(refused)) return token_refused();
    SLIPWAY_TRY(read.claims, object_in_part(parts[1]));
    auto signature = from_base64url(parts[2]);
    if (!signature) return token_refused();
    for (const auto* const name : {"kid", "typ"})
        if (const auto* value = header.if_contains(name); value != nullptr && !value->is_string())
            return token_refused();
    read.algorithm = text_or(header, "alg");
    read.key_id = text_or(header, "kid");
    read.type = text_or(header, "typ");
    read.signed_part = token.substr(0, parts[0].size() + 1 + parts[1].size());
    read.signature = *std::move(signature);
    return read;
}

Result<void> check_times(const json::object& claims) {
    const auto current = unix_seconds();
    const auto skew = static_cast<double>(kClockSkewMax.count());
    for (const auto* const name : {"exp", "nbf", "iat"})
        if (const auto* value = claims.if_contains(name); value != nullptr && !value->is_number())
            return token_refused();
    if (number_or(claims, "exp", 0) <= current) return token_refused();
    if (number_or(claims, "nbf", 0) > current + skew || number_or(claims, "iat", 0) > current + skew)
        return token_refused();
    return {};
}

bool is_for_audience(const json::object& claims, std::string_view audience) {
    const auto* value = claims.if_contains("aud");
    if (value == nullptr) return false;
    const auto is_it = [&](const json::value& one) { return one.is_string() && one.get_string() == audience; };
    return value->is_array() ? std::ranges::any_of(value->get_array(), is_it) : is_it(*value);
}

std::string unsigned_token(std::string_view encoded_header, const json::object& claims) {
    return fmt::format("{}.{}", encoded_header, to_base64url(write_json(claims)));
}

}  // namespace slipway::account
