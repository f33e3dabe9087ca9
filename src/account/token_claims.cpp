#include "account/token_claims.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"

namespace slipway::account {
namespace {

constexpr std::array<std::string_view, 13> kFixedClaims{"sub", "sid", "gen", "ws",  "user_id", "username", "is_admin",
                                                        "iat", "exp", "nbf", "iss", "aud",     "type"};
constexpr std::array<std::string_view, 12> kPlaceholders{"id",           "number",     "email",     "username",
                                                         "display_name", "role",       "is_admin",  "system_role",
                                                         "workspace",    "session_id", "device_id", "jti"};

std::string_view role_name_of(const User& user) {
    return user.role_name.empty() ? to_string(user.role) : std::string_view(user.role_name);
}

// Null where there is none.
json::value value_of(std::string_view placeholder, const ClaimSubject& subject) {
    const auto text = [](std::string_view given) { return given.empty() ? json::value() : json::value(given); };
    const auto& user = subject.user;
    if (placeholder == "id") return text(user.id);
    if (placeholder == "number") return user.number;
    if (placeholder == "email") return text(user.email);
    if (placeholder == "username") return text(user.username);
    if (placeholder == "display_name") return text(user.display_name);
    if (placeholder == "role") return text(role_name_of(user));
    if (placeholder == "is_admin") return user.role >= Role::admin;
    if (placeholder == "system_role") return text(user.system_role);
    if (placeholder == "workspace") return text(subject.workspace);
    if (placeholder == "session_id") return text(subject.session_id);
    if (placeholder == "device_id") return text(subject.device_id);
    if (placeholder == "jti") return text(random_token(16));
    return nullptr;
}

// The text up to the next placeholder, and the placeholder's name; the rest stays in `text`.
struct Piece {
    std::string_view before, name;
};
Piece take_piece(std::string_view& text) {
    const auto open = text.find('{');
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return {std::exchange(text, {}), {}};
    const Piece piece{text.substr(0, open), text.substr(open + 1, close - open - 1)};
    text.remove_prefix(close + 1);
    return piece;
}

void append(std::string& text, const json::value& value) {
    if (value.is_string())
        text += value.get_string();
    else if (!value.is_null())
        text += write_json(value);
}

json::value filled(std::string_view text, const ClaimSubject& subject) {
    auto rest = text;
    const auto first = take_piece(rest);
    if (first.before.empty() && rest.empty() && !first.name.empty()) return value_of(first.name, subject);
    std::string whole;
    while (!text.empty()) {
        const auto piece = take_piece(text);
        whole += piece.before;
        if (!piece.name.empty()) append(whole, value_of(piece.name, subject));
    }
    return json::value(whole);
}

}  // namespace

json::object claims_of(const ClaimTemplates& further, const ClaimSubject& subject) {
    const auto& user = subject.user;
    json::object claims{{"sub", user.id},         {"sid", subject.session_id}, {"ws", subject.workspace},
                        {"user_id", user.number}, {"username", user.username}, {"is_admin", user.role >= Role::admin}};
    for (const auto& [name, text] : further)
        if (auto value = filled(text, subject); !value.is_null()) claims[name] = std::move(value);
    return claims;
}

Result<void> check_claim(std::string_view name, std::string_view text) {
    if (std::ranges::find(kFixedClaims, name) != kFixedClaims.end())
        return fail(ErrorCode::invalid, "The claim {} is set by Slipway itself.", name);
    while (!text.empty()) {
        const auto piece = take_piece(text);
        if (!piece.name.empty() && std::ranges::find(kPlaceholders, piece.name) == kPlaceholders.end())
            return fail(ErrorCode::invalid, "The claim {} names {{{}}}; there are: {}.", name, piece.name,
                        fmt::join(kPlaceholders, ", "));
    }
    return {};
}

}  // namespace slipway::account
