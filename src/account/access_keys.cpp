#include "account/access_keys.h"

#include <algorithm>

#include "account/access_key_rows.h"
#include "base/characters.h"
#include "base/crypto.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::size_t kPrefixShown = 8;
constexpr std::size_t kShownOfSecret = 4;  // beyond what every key begins with
constexpr std::size_t kKeyBytes = 32, kBetaBytes = 16;
constexpr std::size_t kScopeBytes = 64;

std::unexpected<Error> unknown_key() { return fail(ErrorCode::not_found, "There is no such key."); }

bool is_scope(std::string_view scope) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:*-";
    return !scope.empty() && scope.size() <= kScopeBytes && scope.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool holds(const Scopes& scopes, std::string_view scope) { return std::ranges::find(scopes, scope) != scopes.end(); }

bool in_range(std::optional<std::int64_t> rate, std::int64_t most) { return !rate || (*rate >= 1 && *rate <= most); }

Result<void> check_scopes(const Scopes& scopes, const Principal* by) {
    if (scopes.size() > kKeyScopesMax) return fail(ErrorCode::invalid, "A key has at most {} scopes.", kKeyScopesMax);
    for (const auto& scope : scopes) {
        if (!is_scope(scope)) return fail(ErrorCode::invalid, "'{}' is not the name of a scope.", cut_utf8(scope, 64));
        const auto* own = by == nullptr ? nullptr : by->scopes.get();
        if (own != nullptr && !holds(*own, "*") && !holds(*own, scope))
            return fail(ErrorCode::forbidden, "You cannot give a key the scope {}, which you have not.", scope);
    }
    return {};
}

// None means all that the role has; a key that makes or changes keys gives them no more than it has itself.
Scopes at_most(Scopes scopes, const Principal* by) {
    const bool limited = by != nullptr && by->proof != Proof::session && by->scopes != nullptr;
    return limited && scopes.empty() ? *by->scopes : std::move(scopes);
}

Result<void> check_texts(std::string_view name, std::string_view description) {
    if (trim(name).empty() || name.size() > kKeyNameBytesMax)
        return fail(ErrorCode::invalid, "A key needs a name, of at most {} bytes.", kKeyNameBytesMax);
    if (description.size() > kKeyDescriptionBytesMax)
        return fail(ErrorCode::invalid, "The description of a key has at most {} bytes.", kKeyDescriptionBytesMax);
    return {};
}

Result<void> check_limits(const AccessKey& key) {
    if (!in_range(key.rate_per_minute, kRatePerMinuteMax) || !in_range(key.rate_per_day, kRatePerDayMax))
        return fail(ErrorCode::invalid,
                    "The rates of a key are whole numbers from 1 to {} each minute and {} each day.", kRatePerMinuteMax,
                    kRatePerDayMax);
    if (key.expires_at && *key.expires_at <= now())
        return fail(ErrorCode::invalid, "The key would have ended already; give a time that is to come.");
    return {};
}

Result<AccessKey> completed(AccessKey key, const Principal* by, const KeyOptions& options) {
    SLIPWAY_CHECK(check_texts(key.name, key.description));
    SLIPWAY_CHECK(check_limits(key));
    std::ranges::sort(key.scopes);
    const auto [first, last] = std::ranges::unique(key.scopes);
    key.scopes.erase(first, last);
    SLIPWAY_CHECK(check_scopes(key.scopes, by));
    key.scopes = at_most(std::move(key.scopes), by);
    if (key.user_id.empty()) {
        const auto role = role_from(key.role);
        if (!role) return fail(ErrorCode::invalid, "A key that acts for itself needs a role.");
        if (by != nullptr) SLIPWAY_CHECK(by->require(*role));
    } else {
        if (by != nullptr && key.user_id != by->user.id)
            return fail(ErrorCode::forbidden, "You can make keys that act for yourself, not for others.");
        key.role.clear();
    }
    key.created_by = by == nullptr ? std::string() : by->user.id;
    if (!key.rate_per_minute) key.rate_per_minute = options.rate_per_minute;
    if (!key.rate_per_day) key.rate_per_day = options.rate_per_day;
    return key;
}

std::string secret_of(KeyKind kind, const KeyOptions& options) {
    if (kind != KeyKind::beta) return options.prefix + random_token(kKeyBytes);
    const auto year = to_iso8601(now()).substr(0, 4);
    return replace_all(replace_all(options.beta_pattern, "{year}", year), "{suffix}", random_token(kBetaBytes));
}

std::string shown_prefix(std::string_view secret, KeyKind kind, const KeyOptions& options) {
    const std::size_t common =
        kind == KeyKind::beta ? secret.size() - random_token(kBetaBytes).size() : options.prefix.size();
    return std::string(secret.substr(0, std::max(kPrefixShown, common + kShownOfSecret)));
}

SecurityEvent event_of(std::string_view name, const AccessKey& key, const Principal* by, Visit visit) {
    SecurityEvent event{.event = std::string(name), .workspace = key.workspace, .user_id = key.user_id};
    event.actor_id = by == nullptr ? std::string() : by->user.id;
    event.visit = std::move(visit);
    event.details = {{"key_id", key.id}, {"name", key.name}, {"kind", to_string(key.kind)}, {"prefix", key.prefix}};
    return event;
}

store::Parameters row_of(const AccessKey& key, const std::string& hash) {
    return {key.id,
            key.workspace,
            to_string(key.kind),
            key.user_id.empty() ? store::Value() : store::Value(key.user_id),
            key.name,
            key.description,
            key.prefix,
            hash,
            key.role,
            scopes_text(key.scopes),
            key.rate_per_minute,
            key.rate_per_day,
            key.created_by.empty() ? store::Value() : store::Value(key.created_by),
            key.created_at,
            key.expires_at};
}

}  // namespace

Task<IssuedKey> AccessKeys::create(AccessKey wanted, const Principal* by, Visit visit) {
    SLIPWAY_CO_TRY(auto key, completed(std::move(wanted), by, options_));
    IssuedKey issued;
    issued.secret = secret_of(key.kind, options_);
    key.id = new_id();
    key.prefix = shown_prefix(issued.secret, key.kind, options_);
    key.created_at = now();
    const auto hash = sha256_hex(issued.secret);
    auto event = event_of("access_key_created", key, by, std::move(visit));
    auto body = [this, &key, &hash, &event](store::Transaction& transaction) -> Task<void> {
        store::Parameters of_workspace{key.workspace};
        SLIPWAY_CO_TRY(const auto counted,
                       co_await transaction.execute("select count(*) as n from access_keys where workspace = $1 and "
                                                    "revoked_at is null",
                                                    std::move(of_workspace)));
        if (counted.front().integer("n") >= static_cast<std::int64_t>(kKeysPerWorkspaceMax))
            co_return fail(ErrorCode::conflict, "There are {} keys already; revoke some.", kKeysPerWorkspaceMax);
        auto row = row_of(key, hash);
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into access_keys(id, workspace, kind, user_id, name, description, prefix, key_hash, role, scopes, "
            "rate_per_minute, rate_per_day, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, "
            "$8, $9, $10, $11, $12, $13, $14, $15)",
            std::move(row)));
        auto recorded = event;
        co_return co_await audit_.record(transaction, std::move(recorded));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    issued.key = std::move(key);
    co_return issued;
}

Task<std::vector<AccessKey>> AccessKeys::list(WorkspaceId workspace, std::optional<KeyKind> kind, std::string user_id) {
    auto sql = fmt::format("select {} from access_keys k where k.workspace = $workspace and k.revoked_at is null",
                           kAccessKeyColumns);
    store::Parameters parameters;
    if (kind) {
        parameters.emplace_back(to_string(*kind));
        sql += fmt::format(" and k.kind = ${}", parameters.size());
    }
    if (!user_id.empty()) {
        parameters.emplace_back(std::move(user_id));
        sql += fmt::format(" and k.user_id = ${}", parameters.size());
    }
    parameters.emplace_back(kKeysPerWorkspaceMax);
    sql += fmt::format(" order by k.created_at desc, k.id desc limit ${}", parameters.size());
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(std::move(workspace), std::move(sql), std::move(parameters)));
    std::vector<AccessKey> keys;
    for (const auto row : rows) keys.push_back(access_key_of(row));
    co_return keys;
}

Task<AccessKey> AccessKeys::find(WorkspaceId workspace, std::string id) {
    store::Parameters parameters{std::move(id)};
    auto sql = fmt::format(
        "select {} from access_keys k where k.workspace = $workspace and k.id = $1 and "
        "k.revoked_at is null",
        kAccessKeyColumns);
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(std::move(workspace), std::move(sql), std::move(parameters)));
    if (rows.empty()) co_return unknown_key();
    co_return access_key_of(rows.front());
}

Task<AccessKey> AccessKeys::change(WorkspaceId workspace, std::string id, KeyChange change, const Principal* by,
                                   Visit visit) {
    SLIPWAY_CO_TRY(auto key, co_await find(workspace, std::move(id)));
    if (change.name) key.name = *std::move(change.name);
    if (change.description) key.description = *std::move(change.description);
    if (change.rate_per_minute) key.rate_per_minute = change.rate_per_minute;
    if (change.rate_per_day) key.rate_per_day = change.rate_per_day;
    if (change.expires_at) key.expires_at = change.expires_at;
    SLIPWAY_CO_CHECK(check_texts(key.name, key.description));
    SLIPWAY_CO_CHECK(check_limits(key));
    if (change.scopes) {
        SLIPWAY_CO_CHECK(check_scopes(*change.scopes, by));
        key.scopes = at_most(*std::move(change.scopes), by);
        std::ranges::sort(key.scopes);
    }
    auto event = event_of("access_key_changed", key, by, std::move(visit));
    auto body = [this, &key, &event](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{
            key.workspace,       key.id,           key.name,      key.description, scopes_text(key.scopes),
            key.rate_per_minute, key.rate_per_day, key.expires_at};
        SLIPWAY_CO_TRY(const auto changed,
                       co_await transaction.execute(
                           "update access_keys set name = $3, description = $4, scopes = $5, rate_per_minute = $6, "
                           "rate_per_day = $7, expires_at = $8 where workspace = $1 and id = $2 and revoked_at is null",
                           std::move(row)));
        if (changed.changed() == 0) co_return unknown_key();
        auto recorded = event;
        co_return co_await audit_.record(transaction, std::move(recorded));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return key;
}

Task<void> AccessKeys::revoke(WorkspaceId workspace, std::string id, const Principal* by, Visit visit) {
    SLIPWAY_CO_TRY(const auto key, co_await find(std::move(workspace), std::move(id)));
    auto event = event_of("access_key_revoked", key, by, std::move(visit));
    auto body = [this, &key, &event](store::Transaction& transaction) -> Task<void> {
        store::Parameters row{key.workspace, key.id, now()};
        SLIPWAY_CO_TRY(const auto changed,
                       co_await transaction.execute("update access_keys set revoked_at = $3 where workspace = $1 and "
                                                    "id = $2 and revoked_at is null",
                                                    std::move(row)));
        if (changed.changed() == 0) co_return unknown_key();
        auto recorded = event;
        co_return co_await audit_.record(transaction, std::move(recorded));
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
}

}  // namespace slipway::account
