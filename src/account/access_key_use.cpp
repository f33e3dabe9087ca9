// What a request with a key is: whom it stands for, and how many may come.
#include "account/access_key_rows.h"
#include "account/tables.h"
#include "base/crypto.h"

namespace slipway::account {
namespace {

constexpr std::size_t kSecretBytesMax = 512;
constexpr Milliseconds kUseNotedEach = std::chrono::minutes(10);
constexpr Milliseconds kRefusalNotedEach = std::chrono::hours(1);

std::unexpected<Error> refused() { return fail(ErrorCode::unauthorized, "The key or token is not valid (any more)."); }

User user_of_key(const AccessKey& key) {
    User user;
    user.id = fmt::format("{}{}", kKeyUserPrefix, key.id);
    user.username = key.name;
    user.display_name = key.name;
    user.role_name = key.role;
    user.role = role_from(key.role).value_or(Role::viewer);
    user.system_role = "user";
    user.created_at = key.created_at;
    return user;
}

Proof proof_of(KeyKind kind) {
    switch (kind) {
        case KeyKind::api:
            return Proof::api_key;
        case KeyKind::beta:
            return Proof::beta_token;
        case KeyKind::service:
            return Proof::service_token;
    }
    return Proof::api_key;
}

Principal principal_of(const AccessKey& key, User user) {
    Principal principal;
    principal.user = std::move(user);
    principal.workspace = {key.workspace};
    principal.proven_until = key.expires_at.value_or(Instant::max());
    principal.proof = proof_of(key.kind);
    principal.key_id = key.id;
    if (!key.scopes.empty()) principal.scopes = std::make_shared<const Scopes>(key.scopes);
    return principal;
}

}  // namespace

// Of servers that share a database each would know of a revocation a moment late from its memory.
Task<store::Rows> AccessKeys::read_key(std::string_view column, std::string value) {
    auto sql = fmt::format("select {} from access_keys k where k.{} = $1", kAccessKeyColumns, column);
    store::Parameters parameters{std::move(value)};
    if (database_.dialect().shared)
        return database_.read(store::Scope::system(), std::move(sql), std::move(parameters));
    return database_.read_often(store::Scope::system(), std::move(sql), std::move(parameters));
}

Task<Principal> AccessKeys::standing(AccessKey key) {
    if (!is_usable(key)) co_return refused();
    if (key.user_id.empty()) {
        auto user = user_of_key(key);
        co_return principal_of(key, std::move(user));
    }
    static const auto sql = fmt::format(
        "select {} from users u join memberships m on m.user_id = u.id and m.workspace = $2 where u.id = $1",
        kUserColumns);
    store::Parameters member{key.user_id, key.workspace};
    SLIPWAY_CO_TRY(const auto users, co_await database_.read_often(store::Scope::system(), sql, std::move(member)));
    if (users.empty() || !users.front().truth("active")) co_return refused();
    auto user = user_of(users.front());
    co_return principal_of(key, std::move(user));
}

Task<Principal> AccessKeys::principal(std::string secret, Visit visit) {
    if (secret.empty() || secret.size() > kSecretBytesMax) co_return refused();
    SLIPWAY_CO_TRY(const auto rows, co_await read_key("key_hash", sha256_hex(secret)));
    if (rows.empty()) co_return refused();
    const auto key = access_key_of(rows.front());
    auto principal = co_await standing(key);
    if (!principal && principal.error().code == ErrorCode::unauthorized)
        static_cast<void>(co_await note_refusal(key, std::move(visit)));
    if (!principal) co_return pass(principal);
    SLIPWAY_CO_CHECK(co_await admit(principal->workspace, key.id, key.rate_per_minute, key.rate_per_day));
    SLIPWAY_CO_CHECK(co_await note_use(key));
    co_return principal;
}

Task<Principal> AccessKeys::renew(Principal principal) {
    SLIPWAY_CO_TRY(const auto rows, co_await read_key("id", std::move(principal.key_id)));
    if (rows.empty()) co_return refused();
    co_return co_await standing(access_key_of(rows.front()));
}

Task<Principal> AccessKeys::member(WorkspaceId workspace, std::string user_id) {
    SLIPWAY_CO_TRY(const auto rows,
                   co_await read_key("id", user_id.substr(std::min(user_id.size(), kKeyUserPrefix.size()))));
    const auto gone = fail(ErrorCode::forbidden, "The key was revoked, or has ended.");
    if (rows.empty()) co_return gone;
    auto principal = co_await standing(access_key_of(rows.front()));
    if (!principal && principal.error().code != ErrorCode::unauthorized) co_return pass(principal);
    if (!principal || principal->workspace != workspace) co_return gone;
    co_return principal;
}

Task<void> AccessKeys::take(WorkspaceId workspace, std::string name, std::int64_t rate, Milliseconds period) {
    using std::chrono::seconds;
    store::CacheKey key{"keys", std::move(name)};
    store::Limit limit{static_cast<std::size_t>(rate), period};
    SLIPWAY_CO_TRY(const auto admission, co_await cache_.admit(std::move(workspace), std::move(key), limit));
    if (admission.admitted) co_return Result<void>();
    const auto wait = std::max<std::int64_t>(1, std::chrono::ceil<seconds>(admission.retry_after).count());
    Error error{ErrorCode::rate_limited,
                fmt::format("Too many requests with this key: at most {} in {} seconds. Try again in {} seconds.", rate,
                            std::chrono::duration_cast<seconds>(period).count(), wait),
                {}};
    co_return std::unexpected(std::move(error).with("retry_after_seconds", wait));
}

Task<void> AccessKeys::admit(WorkspaceId workspace, std::string key_id, std::optional<std::int64_t> per_minute,
                             std::optional<std::int64_t> per_day) {
    if (per_minute)
        SLIPWAY_CO_CHECK(co_await take(workspace, key_id + " minute", *per_minute, std::chrono::minutes(1)));
    if (per_day) SLIPWAY_CO_CHECK(co_await take(workspace, key_id + " day", *per_day, std::chrono::hours(24)));
    co_return Result<void>();
}

// Rarely: each time it is used would be a write for each request.
Task<void> AccessKeys::note_use(AccessKey key) {
    const auto current = now();
    if (key.last_used_at && current - *key.last_used_at < kUseNotedEach) co_return Result<void>();
    store::Parameters used{key.workspace, key.id, current, current - kUseNotedEach};
    SLIPWAY_CO_CHECK(co_await database_.write_guarded(
        store::Scope::system(),
        "update access_keys set last_used_at = $3 where workspace = $1 and id = $2 and (last_used_at is null or "
        "last_used_at <= $4)",
        std::move(used)));
    co_return Result<void>();
}

// Once an hour for each key: who holds an old one must not be able to fill the database.
Task<void> AccessKeys::note_refusal(AccessKey key, Visit visit) {
    store::CacheKey noted{"keys", key.id + " refused"};
    WorkspaceId workspace(key.workspace);
    SLIPWAY_CO_TRY(const bool first,
                   co_await cache_.add(std::move(workspace), std::move(noted), "1", kRefusalNotedEach));
    if (!first) co_return Result<void>();
    SecurityEvent event{.event = "access_key_refused", .success = false, .workspace = key.workspace};
    event.user_id = key.user_id;
    event.visit = std::move(visit);
    event.details = {{"key_id", key.id}, {"name", key.name}, {"revoked", key.revoked_at.has_value()}};
    co_return co_await audit_.record(std::move(event));
}

}  // namespace slipway::account
