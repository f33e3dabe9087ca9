// A provider that people sign in with: any OpenID Connect issuer by discovery, or GitHub, which is OAuth 2 alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "account/issuers.h"
#include "account/oauth_wire.h"
#include "net/client.h"

namespace slipway::account {

struct ProviderOptions {
    std::string name;    // in addresses and beside identities; stays what it is
    std::string issuer;  // "": GitHub
    std::string url;     // of a GitHub Enterprise server; "": github.com
    std::string client_id, client_secret;
    std::vector<std::string> scopes;  // empty: those that tell who somebody is
    Milliseconds time_max{10'000};    // of each request
};

// What the browser is sent there with.
struct AuthorizationRequest {
    std::string state, nonce, challenge, redirect_uri;
};

// What a code is exchanged with.
struct CodeExchange {
    std::string code, verifier, nonce, redirect_uri;
};

// Thread safe.
class Provider {
 public:
    virtual ~Provider() = default;
    const std::string& name() const { return options_.name; }
    // `unavailable` or `upstream` while the provider is down and was never asked before.
    virtual Task<std::string> authorization_url(AuthorizationRequest request) = 0;
    // `invalid` when the answer is of another issuer than the one that was asked (mix-up, RFC 9207).
    virtual Task<void> check_issuer(ProviderAnswer answer) = 0;
    virtual Task<ProvidedIdentity> identity(CodeExchange exchange) = 0;

 protected:
    Provider(net::Client& client, ProviderOptions options) : client_(client), options_(std::move(options)) {}
    Task<TokenAnswer> exchange(std::string url, CodeExchange exchange, bool secret_in_body);
    Task<std::string> get(std::string url, std::string access_token);

    net::Client& client_;
    ProviderOptions options_;
};

// The client outlives it.
std::unique_ptr<Provider> make_provider(net::Client& client, ProviderOptions options);

}  // namespace slipway::account
