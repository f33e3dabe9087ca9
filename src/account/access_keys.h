// Keys with which programs come in: API keys of people and workspaces, tokens of beta testers, tokens of services.
//
// A key is its prefix and 32 random bytes (beta tokens: 16), told once when it is made; the database keeps its SHA-256,
// which for so many random bits is enough. It acts for a user, with what that user may at this moment, or for itself
// with a role; in both cases scopes can make that less. One that has ended or was revoked is `unauthorized` from the
// next request on, whichever server is asked.
//
// Its rates are counted in the cache (GCRA): at once so many as a minute or a day has, then evenly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/audit.h"
#include "account/types.h"
#include "store/cache/cache.h"
#include "store/database/database.h"

namespace slipway::account {

inline constexpr std::size_t kKeysPerWorkspaceMax = 1000;  // that are not revoked
inline constexpr std::size_t kKeyNameBytesMax = 200, kKeyDescriptionBytesMax = 2000;
inline constexpr std::size_t kKeyScopesMax = 50;
inline constexpr std::int64_t kRatePerMinuteMax = 100'000, kRatePerDayMax = 100'000'000;
inline constexpr std::string_view kKeyUserPrefix = "key:";  // of the user's id of a key that acts for itself

enum class KeyKind : unsigned char { api, beta, service };
std::string_view to_string(KeyKind kind);
std::optional<KeyKind> key_kind_from(std::string_view name);

struct AccessKey {
    std::string id;
    KeyKind kind = KeyKind::api;
    std::string workspace;
    std::string user_id;  // for whom it acts; "": for itself
    std::string name, description;
    std::string prefix;  // the characters it begins with, for people who look for it
    std::string role;    // of one that acts for itself
    Scopes scopes;       // empty: all that the role has
    std::optional<std::int64_t> rate_per_minute, rate_per_day;
    std::string created_by;  // "": the operator
    Instant created_at;
    std::optional<Instant> expires_at, last_used_at, revoked_at;
};

struct IssuedKey {
    AccessKey key;
    std::string secret;  // the whole of it, which nobody can read again
};

// What becomes another; what is not given stays.
struct KeyChange {
    std::optional<std::string> name, description;
    std::optional<Scopes> scopes;
    std::optional<std::int64_t> rate_per_minute, rate_per_day;
    std::optional<Instant> expires_at;
};

struct KeyOptions {
    std::string prefix = "key_";                        // of API keys and tokens of services
    std::string beta_pattern = "beta_{year}_{suffix}";  // of tokens of testers
    // Of keys that name none.
    std::int64_t rate_per_minute = 60, rate_per_day = 10'000;
};

// Thread safe.
class AccessKeys {
 public:
    // What it is given outlives it.
    AccessKeys(store::Database& database, store::Cache& cache, const Audit& audit, KeyOptions options)
        : database_(database), cache_(cache), audit_(audit), options_(std::move(options)) {}

    // Of `wanted` the id, the prefix and the times of making are not read. `by` null: the operator, who may all; else a
    // key gets neither a higher role than `by` has nor scopes that it has not (`forbidden`), and one that acts for
    // somebody acts for `by`. `invalid` says what is wrong, `conflict` that there are too many.
    Task<IssuedKey> create(AccessKey wanted, const Principal* by, Visit visit);
    // The newest first, without the revoked ones; `user_id` "": those of all.
    Task<std::vector<AccessKey>> list(WorkspaceId workspace, std::optional<KeyKind> kind, std::string user_id);
    // `not_found`; so are the following.
    Task<AccessKey> find(WorkspaceId workspace, std::string id);
    Task<AccessKey> change(WorkspaceId workspace, std::string id, KeyChange change, const Principal* by, Visit visit);
    Task<void> revoke(WorkspaceId workspace, std::string id, const Principal* by, Visit visit);

    // Whom a key stands for, having counted the request; `unauthorized`, or `rate_limited` with
    // details.retry_after_seconds.
    Task<Principal> principal(std::string secret, Visit visit);
    // The same later, for what outlives a request; nothing is counted.
    Task<Principal> renew(Principal principal);
    // A key that acts for itself, by its user's id "key:…".
    Task<Principal> member(WorkspaceId workspace, std::string user_id);

    // For the rates of tokens that are in no table.
    Task<void> admit(WorkspaceId workspace, std::string key_id, std::optional<std::int64_t> per_minute,
                     std::optional<std::int64_t> per_day);

 private:
    Task<store::Rows> read_key(std::string_view column, std::string value);
    // `unauthorized` when the key has ended, or whom it acts for may not come in.
    Task<Principal> standing(AccessKey key);
    Task<void> take(WorkspaceId workspace, std::string name, std::int64_t rate, Milliseconds period);
    Task<void> note_use(AccessKey key);
    Task<void> note_refusal(AccessKey key, Visit visit);

    store::Database& database_;
    store::Cache& cache_;
    const Audit& audit_;
    KeyOptions options_;
};

}  // namespace slipway::account
