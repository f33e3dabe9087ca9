// Tokens that others have signed: an OpenID provider, or a proxy in front (edge
// identity).
//
// What an issuer is comes from its discovery document (OpenID Connect
// Discovery 1.0, RFC 8414), its keys from its JWK set. Both are kept:
// `fresh_for` they are used without asking, after that they are fetched again,
// and where the issuer cannot be reached they serve on until `stale_for` has
// passed. A token that names a key nobody knows makes the keys fetched anew, at
// most once in `refetch_at_most_every`, whoever asks. Answers are limited in
// size and time; redirects are not followed; whom the client may reach is the
// client's own setting (net/reach.h).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "account/jwt.h"
#include "account/public_keys.h"
#include "base/keyed_lock.h"
#include "base/task.h"
#include "net/client.h"

namespace slipway::account {

inline constexpr std::size_t kDiscoveryBytesMax = 128 << 10;

// What a discovery document says, as far as it is used.
struct IssuerMetadata {
    std::string issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, key_set_url;
    bool names_itself = false;          // authorization_response_iss_parameter_supported (RFC 9207)
    bool takes_secret_in_body = false;  // client_secret_post, and not client_secret_basic
};

// `upstream` when it is not one, or is that of another issuer (mix-up).
Result<IssuerMetadata> read_discovery(std::string_view text, std::string_view issuer);

struct IssuerOptions {
    std::string issuer;       // as claim iss has it, to the letter
    std::string key_set_url;  // "": by discovery
    std::chrono::seconds fresh_for{std::chrono::minutes(10)};
    std::chrono::seconds stale_for{std::chrono::hours(24)};
    std::chrono::seconds refetch_at_most_every{60};
    Milliseconds time_max{10'000};  // of each request
};

// What a token of the issuer has to say.
struct TokenDemands {
    std::string audience;  // our client id
    std::string nonce;     // "": none was sent, and none is looked at
                           // Claim azp has to be the audience where it is there (OpenID Connect
                           // Core, 3.1.3.7).
};

// Thread safe; used on any loop.
class Issuer {
 public:
    // The client outlives it.
    Issuer(net::Client& client, IssuerOptions options);
    ~Issuer();

    const std::string& name() const { return options_.issuer; }
    // `unavailable` or `upstream` when it cannot be had.
    Task<IssuerMetadata> metadata();
    // The claims of a token whose signature, times, issuer, audience and nonce
    // hold; else `unauthorized`.
    Task<json::object> verify(std::string token, TokenDemands demands);

 private:
    struct Held;
    using Keys = std::shared_ptr<const std::vector<PublicKey>>;
    Task<std::string> get(std::string url, std::size_t bytes_max);
    Task<Keys> keys(bool unknown_key);
    Task<Keys> fetch_keys();
    Task<IssuerMetadata> fetch_metadata();

    net::Client& client_;
    IssuerOptions options_;
    std::unique_ptr<Held> held_;
    KeyedLock fetching_;
};

}  // namespace slipway::account
