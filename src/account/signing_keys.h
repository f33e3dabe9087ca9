// The keys that access tokens of this application are signed with, and what their claims say.
//
// HS256    one secret, the manifest's; those before it verify too (accounts.previous_secrets), so that a new one signs
//          nobody out. A token names its secret by a key id; one from before there were key ids does without.
// EdDSA    Ed25519 (RFC 8037). Keys are made by the application, kept sealed in table signing_keys, so that replicas
//          share them, and published as a JWK set. One signs; those that were replaced verify until their last token
//          has ended. A key that another replica made is found when the first token comes that names it.
//
// The algorithm belongs to the key, whatever a token says: HS256 is never verified with a public key, "none" never.
// Thread safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "account/audit.h"
#include "account/jwt.h"
#include "base/keyed_lock.h"
#include "store/database/database.h"

namespace slipway::account {

enum class SigningAlgorithm : unsigned char { hs256, eddsa };
std::string_view to_string(SigningAlgorithm algorithm);

struct SigningOptions {
    SigningAlgorithm algorithm = SigningAlgorithm::hs256;
    // Signs (HS256) or seals the keys that sign (EdDSA); the former ones verify and open still.
    std::string secret;
    std::vector<std::string> previous_secrets;
    // Claims iss, aud and type of every token, and what a token must say to be verified; "": none.
    std::string issuer, audience, type;
    // How long a token may be valid: so long a key that was replaced verifies still.
    std::chrono::seconds longest_token{std::chrono::hours(24)};
    std::chrono::seconds reload_after{60};         // keys of other replicas are looked for at least so often
    std::chrono::seconds reload_at_most_every{1};  // also when tokens name keys that nobody knows
};

struct SigningKey {
    std::string id;
    SigningAlgorithm algorithm = SigningAlgorithm::hs256;
    std::string public_key;  // raw; "" of a secret
    Instant created_at;      // of a secret: the epoch, nobody knows
    std::optional<Instant> retired_at;
    bool signs = false;  // the one that new tokens are signed with
};

class SigningKeys {
 public:
    // What it is given outlives it.
    SigningKeys(store::Database& database, const Audit& audit, SigningOptions options);
    ~SigningKeys();

    // Reads the keys and makes the first one; call once after the migrations. `unavailable` when no secret that is
    // known opens them.
    Task<void> prepare();

    // Adds iat, exp, and iss, aud and type where they are configured.
    Task<std::string> sign(json::object claims, std::chrono::seconds valid_for);
    // The claims of a token of ours whose signature, times, issuer, audience and type hold; else `unauthorized`.
    Task<json::object> verify(std::string token);
    // The same with the keys that are known here already, without waiting.
    Result<json::object> verify_now(std::string_view token) const;

    // {"keys": […]} (RFC 7517): public keys alone, empty where a secret signs.
    json::object key_set() const;
    SigningAlgorithm algorithm() const { return options_.algorithm; }

    // For `slipway keys`.
    std::vector<SigningKey> list() const;
    // A new key signs from now on; the one before verifies until its last token has ended. `invalid` where a secret
    // signs: that is changed in the manifest.
    Task<SigningKey> rotate();
    // For a key that somebody may have copied: no token that it signed is valid any more, sessions continue by their
    // refresh tokens. The last one is replaced. `not_found`.
    Task<void> retire(std::string id);

 private:
    struct Key;
    struct Keys;
    std::shared_ptr<const Keys> keys() const;
    Result<json::object> verify_with(const Keys& keys, const CompactToken& token) const;
    std::shared_ptr<const Keys> secrets() const;
    Task<void> reload();
    // Looks whether another replica has replaced a key; at once for a token whose key nobody here knows. Of those who
    // come with such tokens at the same time one looks, and the others wait for what it finds.
    Task<void> reload_when_old();
    Task<void> reload_for(std::string unknown_key);
    Task<SigningKey> make_key(store::Transaction& transaction);
    Result<std::string> opened(const std::string& sealed) const;
    bool take_turn_to_reload(bool unknown_key);

    store::Database& database_;
    const Audit& audit_;
    SigningOptions options_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Keys> keys_;
    std::chrono::steady_clock::time_point reloaded_at_;
    KeyedLock looking_;
};

}  // namespace slipway::account
