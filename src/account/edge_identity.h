// People whom a proxy in front has signed in (Cloudflare Access, an identity-aware proxy, an application load
// balancer's OIDC): it sends a signed assertion with each request, and only that counts – its signature by the issuer's
// keys, the issuer, the audience, its times. A header with nothing but an e-mail address or a client's address proves
// nothing, as anybody who reaches the server can send it.
#pragma once

#include <memory>
#include <string>

#include "account/issuers.h"
#include "account/service.h"

namespace slipway::account {

struct EdgeOptions {
    IssuerOptions issuer;
    std::string audience;               // of the application at the proxy
    std::string email_claim = "email";  // who it is
    Role role = Role::member;           // of who comes so
};

// Thread safe.
class EdgeIdentity {
 public:
    // Accounts and the client outlive it.
    EdgeIdentity(net::Client& client, Accounts& accounts, EdgeOptions options);

    // The member who has shown that this address is theirs, with the role of the edge; for others a user without an
    // account, "edge:ADDRESS". `unauthorized` when the assertion does not hold or the member is blocked.
    Task<Principal> principal(std::string assertion);

 private:
    Accounts& accounts_;
    EdgeOptions options_;
    Issuer issuer_;
};

}  // namespace slipway::account
