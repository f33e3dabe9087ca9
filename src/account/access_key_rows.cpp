#include "account/access_key_rows.h"

namespace slipway::account {
namespace {

std::optional<Instant> optional_instant(const store::Row& row, std::string_view column) {
    if (!row.optional_integer(column)) return std::nullopt;
    return row.instant(column);
}

}  // namespace

std::string_view to_string(KeyKind kind) {
    switch (kind) {
        case KeyKind::api:
            return "api";
        case KeyKind::beta:
            return "beta";
        case KeyKind::service:
            return "service";
    }
    return "";
}

std::optional<KeyKind> key_kind_from(std::string_view name) {
    for (const auto kind : {KeyKind::api, KeyKind::beta, KeyKind::service})
        if (to_string(kind) == name) return kind;
    return std::nullopt;
}

AccessKey access_key_of(const store::Row& row) {
    AccessKey key;
    key.id = row.text("id");
    key.workspace = row.text("workspace");
    key.kind = key_kind_from(row.text("kind")).value_or(KeyKind::api);
    key.user_id = row.text("user_id");
    key.name = row.text("name");
    key.description = row.text("description");
    key.prefix = row.text("prefix");
    key.role = row.text("role");
    if (const auto scopes = parse_json(row.text("scopes")); scopes && scopes->is_array())
        for (const auto& scope : scopes->get_array())
            if (scope.is_string()) key.scopes.emplace_back(to_text(scope.get_string()));
    key.rate_per_minute = row.optional_integer("rate_per_minute");
    key.rate_per_day = row.optional_integer("rate_per_day");
    key.created_by = row.text("created_by");
    key.created_at = row.instant("created_at");
    key.expires_at = optional_instant(row, "expires_at");
    key.last_used_at = optional_instant(row, "last_used_at");
    key.revoked_at = optional_instant(row, "revoked_at");
    return key;
}

std::string scopes_text(const Scopes& scopes) {
    json::array items;
    for (const auto& scope : scopes) items.emplace_back(scope);
    return write_json(items);
}

bool is_usable(const AccessKey& key) { return !key.revoked_at && (!key.expires_at || *key.expires_at > now()); }

}  // namespace slipway::account
