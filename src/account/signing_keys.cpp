#include "account/signing_keys.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/ed25519.h"
#include "base/sealed_box.h"

namespace slipway::account {
namespace {

constexpr std::string_view kSealPurpose = "signing keys";
constexpr std::string_view kKeyIdPurpose = "id of a secret";
constexpr std::size_t kKeyIdLength = 16;
constexpr Milliseconds kLookingTime{5'000};
constexpr std::size_t kKeysMax = 100;  // that verify at the same time
constexpr std::string_view kKeyRows =
    "select id, algorithm, sealed_key, public_key, created_at, retired_at from signing_keys order by "
    "case when retired_at is null then 0 else 1 end, id desc limit $1";

std::string id_of_secret(std::string_view secret) {
    return to_base64url(hmac_sha256(secret, kKeyIdPurpose)).substr(0, kKeyIdLength);
}

std::string encoded_header(SigningAlgorithm algorithm, const std::string& key_id) {
    // RFC 9068 names the type of access tokens; those of HS256 keep the form that clients of old know.
    const auto type = algorithm == SigningAlgorithm::eddsa ? "at+jwt" : "JWT";
    return to_base64url(write_json(json::object{{"alg", to_string(algorithm)}, {"typ", type}, {"kid", key_id}}));
}

bool fits_type(SigningAlgorithm algorithm, std::string_view type) {
    if (algorithm == SigningAlgorithm::eddsa) return type == "at+jwt";
    return type.empty() || type == "JWT";
}

}  // namespace

std::string_view to_string(SigningAlgorithm algorithm) {
    return algorithm == SigningAlgorithm::eddsa ? "EdDSA" : "HS256";
}

struct SigningKeys::Key {
    SigningKey told;
    std::string secret;  // of HS256 the secret itself, of EdDSA the 64 bytes that sign
    std::string header;

    std::string sign(std::string_view text) const {
        return told.algorithm == SigningAlgorithm::eddsa ? ed25519::sign(secret, text) : hmac_sha256(secret, text);
    }
    bool verify(std::string_view text, std::string_view signature) const {
        return told.algorithm == SigningAlgorithm::eddsa ? ed25519::verify(told.public_key, text, signature)
                                                         : equal_constant_time(hmac_sha256(secret, text), signature);
    }
};

struct SigningKeys::Keys {
    std::vector<Key> all;  // the one that signs is the first

    const Key* find(std::string_view id) const {
        const auto found = std::ranges::find(all, id, [](const Key& key) { return key.told.id; });
        return found == all.end() ? nullptr : &*found;
    }
};

SigningKeys::SigningKeys(store::Database& database, const Audit& audit, SigningOptions options)
    : database_(database), audit_(audit), options_(std::move(options)), keys_(std::make_shared<Keys>()) {}

SigningKeys::~SigningKeys() = default;

std::shared_ptr<const SigningKeys::Keys> SigningKeys::keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
}

std::shared_ptr<const SigningKeys::Keys> SigningKeys::secrets() const {
    auto made = std::make_shared<Keys>();
    const auto add = [&](const std::string& secret) {
        Key key;
        key.told.id = id_of_secret(secret);
        key.told.signs = made->all.empty();
        key.secret = secret;
        key.header = encoded_header(SigningAlgorithm::hs256, key.told.id);
        made->all.push_back(std::move(key));
    };
    add(options_.secret);
    std::ranges::for_each(options_.previous_secrets, add);
    return made;
}

Task<void> SigningKeys::prepare() {
    if (options_.algorithm == SigningAlgorithm::hs256) {
        keys_ = secrets();
        co_return Result<void>();
    }
    auto body = [this](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(const auto rows,
                       co_await transaction.execute("select id from signing_keys where retired_at is null limit 1"));
        if (!rows.empty()) co_return Result<void>();
        SLIPWAY_CO_CHECK(co_await make_key(transaction));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await reload();
}

Task<SigningKey> SigningKeys::make_key(store::Transaction& transaction) {
    const auto pair = ed25519::make_key_pair();
    SigningKey key{.id = new_id(),
                   .algorithm = SigningAlgorithm::eddsa,
                   .public_key = pair.public_key,
                   .created_at = now(),
                   .retired_at = std::nullopt,
                   .signs = true};
    store::Parameters row{key.id, to_string(key.algorithm),
                          seal(derive_key(options_.secret, kSealPurpose), pair.secret), to_base64url(key.public_key),
                          key.created_at};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "insert into signing_keys(id, algorithm, sealed_key, public_key, created_at) values ($1, $2, $3, $4, $5)",
        std::move(row)));
    SecurityEvent made{.event = "signing_key_made"};
    made.details["key"] = key.id;
    SLIPWAY_CO_CHECK(co_await audit_.record(transaction, std::move(made)));
    co_return key;
}

Result<std::string> SigningKeys::opened(const std::string& sealed) const {
    if (auto plain = open_sealed(derive_key(options_.secret, kSealPurpose), sealed)) return *std::move(plain);
    for (const auto& former : options_.previous_secrets)
        if (auto plain = open_sealed(derive_key(former, kSealPurpose), sealed)) return *std::move(plain);
    return fail(ErrorCode::unavailable,
                "The keys that sign access tokens were sealed with another accounts.secret. Give the former secret in "
                "accounts.previous_secrets.");
}

// Keys that have verified long enough are left out, and their rows stay: they say since when.
Task<void> SigningKeys::reload() {
    store::Parameters most{kKeysMax};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(), std::string(kKeyRows), std::move(most)));
    // Others may sign with a key until they look whether it was replaced.
    const auto verifies_for = options_.longest_token + options_.reload_after;
    auto read = std::make_shared<Keys>();
    for (const auto row : rows) {
        Key key;
        key.told.id = row.text("id");
        key.told.algorithm = SigningAlgorithm::eddsa;
        key.told.created_at = row.instant("created_at");
        if (row.optional_integer("retired_at")) key.told.retired_at = row.instant("retired_at");
        const bool ended = key.told.retired_at && *key.told.retired_at + verifies_for <= now();
        if (ended || row.text("algorithm") != to_string(SigningAlgorithm::eddsa)) continue;
        SLIPWAY_CO_TRY(key.secret, opened(row.text("sealed_key")));
        key.told.public_key = from_base64url(row.text("public_key")).value_or("");
        key.header = encoded_header(SigningAlgorithm::eddsa, key.told.id);
        read->all.push_back(std::move(key));
    }
    if (read->all.empty() || read->all.front().told.retired_at)
        co_return fail(ErrorCode::unavailable, "There is no key to sign access tokens with.");
    read->all.front().told.signs = true;
    const std::lock_guard lock(mutex_);
    keys_ = std::move(read);
    reloaded_at_ = std::chrono::steady_clock::now();
    co_return Result<void>();
}

bool SigningKeys::take_turn_to_reload(bool unknown_key) {
    if (options_.algorithm == SigningAlgorithm::hs256) return false;
    const std::lock_guard lock(mutex_);
    const auto current = std::chrono::steady_clock::now();
    const auto wait = unknown_key ? options_.reload_at_most_every : options_.reload_after;
    if (current - reloaded_at_ < wait) return false;
    reloaded_at_ = current;
    return true;
}

Task<void> SigningKeys::reload_when_old() {
    if (!take_turn_to_reload(false)) co_return Result<void>();
    co_return co_await reload();
}

Task<void> SigningKeys::reload_for(std::string unknown_key) {
    if (options_.algorithm == SigningAlgorithm::hs256) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto turn, co_await looking_.acquire("keys", kLookingTime));
    if (keys()->find(unknown_key) != nullptr || !take_turn_to_reload(true)) co_return Result<void>();
    co_return co_await reload();
}

Task<std::string> SigningKeys::sign(json::object claims, std::chrono::seconds valid_for) {
    SLIPWAY_CO_CHECK(co_await reload_when_old());
    const auto issued = to_unix_ms(now()) / 1000;
    claims["iat"] = issued;
    claims["exp"] = issued + valid_for.count();
    if (!options_.issuer.empty()) claims["iss"] = options_.issuer;
    if (!options_.audience.empty()) claims["aud"] = options_.audience;
    if (!options_.type.empty()) claims["type"] = options_.type;
    const auto held = keys();
    const auto& key = held->all.front();
    auto token = unsigned_token(key.header, claims);
    token += "." + to_base64url(key.sign(token));
    co_return token;
}

Result<json::object> SigningKeys::verify_with(const Keys& held, const CompactToken& token) const {
    if (token.algorithm != to_string(options_.algorithm) || !fits_type(options_.algorithm, token.type))
        return token_refused();
    const auto signed_by = [&](const Key& key) { return key.verify(token.signed_part, token.signature); };
    bool genuine = false;
    if (!token.key_id.empty()) {
        const auto* key = held.find(token.key_id);
        genuine = key != nullptr && signed_by(*key);
    } else if (options_.algorithm == SigningAlgorithm::hs256) {
        genuine = std::ranges::any_of(held.all, signed_by);
    }
    if (!genuine) return token_refused();
    SLIPWAY_CHECK(check_times(token.claims));
    if (!options_.issuer.empty() && text_or(token.claims, "iss") != options_.issuer) return token_refused();
    if (!options_.audience.empty() && !is_for_audience(token.claims, options_.audience)) return token_refused();
    if (!options_.type.empty() && text_or(token.claims, "type") != options_.type) return token_refused();
    return token.claims;
}

Result<json::object> SigningKeys::verify_now(std::string_view token) const {
    SLIPWAY_TRY(const auto read, read_token(token, kOwnTokenBytesMax));
    return verify_with(*keys(), read);
}

Task<json::object> SigningKeys::verify(std::string token) {
    SLIPWAY_CO_TRY(const auto read, read_token(token, kOwnTokenBytesMax));
    if (keys()->find(read.key_id) == nullptr) {
        SLIPWAY_CO_CHECK(co_await reload_for(read.key_id));
    } else {  // keys that are here verify also while the database cannot be read
        static_cast<void>(co_await reload_when_old());
    }
    co_return verify_with(*keys(), read);
}

json::object SigningKeys::key_set() const {
    json::array set;
    for (const auto& key : keys()->all) {
        if (key.told.algorithm != SigningAlgorithm::eddsa) continue;
        set.push_back(json::object{{"kty", "OKP"},
                                   {"crv", "Ed25519"},
                                   {"x", to_base64url(key.told.public_key)},
                                   {"kid", key.told.id},
                                   {"alg", "EdDSA"},
                                   {"use", "sig"}});
    }
    return {{"keys", std::move(set)}};
}

std::vector<SigningKey> SigningKeys::list() const {
    std::vector<SigningKey> all;
    for (const auto& key : keys()->all) all.push_back(key.told);
    return all;
}

Task<SigningKey> SigningKeys::rotate() {
    if (options_.algorithm == SigningAlgorithm::hs256)
        co_return fail(ErrorCode::invalid,
                       "Access tokens are signed with accounts.secret. To rotate it, put the new one there and the old "
                       "one into accounts.previous_secrets.");
    SigningKey made;
    auto body = [this, &made](store::Transaction& transaction) -> Task<void> {
        store::Parameters at{now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update signing_keys set retired_at = $1 where retired_at is null", std::move(at)));
        SLIPWAY_CO_TRY(made, co_await make_key(transaction));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    SLIPWAY_CO_CHECK(co_await reload());
    co_return made;
}

Task<void> SigningKeys::retire(std::string id) {
    if (options_.algorithm == SigningAlgorithm::hs256)
        co_return fail(ErrorCode::invalid,
                       "Access tokens are signed with accounts.secret. To end those of a former one, take it out of "
                       "accounts.previous_secrets.");
    auto body = [this, &id](store::Transaction& transaction) -> Task<void> {
        store::Parameters named{id};
        SLIPWAY_CO_TRY(const auto gone,
                       co_await transaction.execute("delete from signing_keys where id = $1", std::move(named)));
        if (gone.changed() == 0)
            co_return fail(ErrorCode::not_found, "There is no key '{}'. `slipway keys list` shows all.", id);
        SecurityEvent retired{.event = "signing_key_retired"};
        retired.details["key"] = id;
        SLIPWAY_CO_CHECK(co_await audit_.record(transaction, std::move(retired)));
        SLIPWAY_CO_TRY(const auto left,
                       co_await transaction.execute("select id from signing_keys where retired_at is null limit 1"));
        if (left.empty()) SLIPWAY_CO_CHECK(co_await make_key(transaction));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await reload();
}

}  // namespace slipway::account
