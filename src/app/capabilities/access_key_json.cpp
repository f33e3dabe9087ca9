#include "app/capabilities/access_key_json.h"

namespace slipway::app {
namespace {

constexpr std::int64_t kDaysMax = 3650;

json::value instant_json(const std::optional<Instant>& instant) {
    return instant ? json::value(to_iso8601(*instant)) : json::value(nullptr);
}

Result<std::optional<account::Scopes>> scopes_of(const json::object& given) {
    const auto* const value = find(given, "scopes");
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto* const array = value->if_array();
    const auto wrong = fail(ErrorCode::invalid, "scopes must be a list of names, as [\"content:read\"].");
    // An empty table of Lua is an object.
    if (array == nullptr && value->is_object() && value->get_object().empty()) return account::Scopes();
    if (array == nullptr) return wrong;
    account::Scopes scopes;
    for (const auto& item : *array) {
        if (!item.is_string()) return wrong;
        scopes.emplace_back(to_text(item.get_string()));
    }
    return scopes;
}

Result<std::optional<std::int64_t>> whole_number(const json::object& given, std::string_view name) {
    const auto* const value = find(given, name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    if (error) return fail(ErrorCode::invalid, "{} must be a whole number.", name);
    return number;
}

Result<std::optional<Instant>> end_of(const json::object& given) {
    SLIPWAY_TRY(const auto days, whole_number(given, "expires_in_days"));
    if (!days) return std::nullopt;
    if (*days < 1 || *days > kDaysMax)
        return fail(ErrorCode::invalid, "expires_in_days must be from 1 to {}.", kDaysMax);
    return now() + std::chrono::hours(24 * *days);
}

std::optional<std::string> optional_text(const json::object& given, std::string_view name) {
    const auto* const value = find(given, name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(to_text(value->get_string()));
}

}  // namespace

json::object key_json(const account::AccessKey& key) {
    json::array scopes;
    for (const auto& scope : key.scopes) scopes.emplace_back(scope);
    const auto number = [](const std::optional<std::int64_t>& value) {
        return value ? json::value(*value) : json::value(nullptr);
    };
    return {{"id", key.id},
            {"kind", account::to_string(key.kind)},
            {"name", key.name},
            {"description", key.description},
            {"prefix", key.prefix},
            {"acts_for", key.user_id.empty() ? "itself" : "me"},
            {"user_id", key.user_id},
            {"role", key.role},
            {"scopes", std::move(scopes)},
            {"rate_per_minute", number(key.rate_per_minute)},
            {"rate_per_day", number(key.rate_per_day)},
            {"created_by", key.created_by},
            {"created_at", to_iso8601(key.created_at)},
            {"expires_at", instant_json(key.expires_at)},
            {"last_used_at", instant_json(key.last_used_at)}};
}

Result<account::AccessKey> wanted_key(const json::object& given, const account::Principal& by) {
    account::AccessKey key;
    key.workspace = by.workspace.value;
    key.name = text_or(given, "name");
    key.description = text_or(given, "description");
    const auto acts_for = text_or(given, "acts_for", "me");
    if (acts_for == "itself") {
        SLIPWAY_CHECK(by.require(account::Role::admin));
        key.role = text_or(given, "role", "member");
    } else if (acts_for == "me") {
        if (by.user.number == 0)
            return fail(ErrorCode::forbidden, "A key that acts for itself cannot make keys that act for a user.");
        key.user_id = by.user.id;
    } else {
        return fail(ErrorCode::invalid, "acts_for must be \"me\" or \"itself\".");
    }
    SLIPWAY_TRY(auto scopes, scopes_of(given));
    if (scopes) key.scopes = *std::move(scopes);
    SLIPWAY_TRY(key.rate_per_minute, whole_number(given, "rate_per_minute"));
    SLIPWAY_TRY(key.rate_per_day, whole_number(given, "rate_per_day"));
    SLIPWAY_TRY(key.expires_at, end_of(given));
    return key;
}

Result<account::KeyChange> wanted_change(const json::object& given) {
    account::KeyChange change;
    change.name = optional_text(given, "name");
    change.description = optional_text(given, "description");
    SLIPWAY_TRY(change.scopes, scopes_of(given));
    SLIPWAY_TRY(change.rate_per_minute, whole_number(given, "rate_per_minute"));
    SLIPWAY_TRY(change.rate_per_day, whole_number(given, "rate_per_day"));
    SLIPWAY_TRY(change.expires_at, end_of(given));
    return change;
}

std::string keys_visible_to(const account::Principal& principal) {
    return principal.require(account::Role::admin) ? std::string() : principal.user.id;
}

Task<account::AccessKey> visible_key(account::AccessKeys& keys, const account::Principal& principal, std::string id) {
    SLIPWAY_CO_TRY(auto key, co_await keys.find(principal.workspace, std::move(id)));
    const auto whose = keys_visible_to(principal);
    if (!whose.empty() && key.user_id != whose) co_return fail(ErrorCode::not_found, "There is no such key.");
    co_return key;
}

}  // namespace slipway::app
