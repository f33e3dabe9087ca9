// Who makes a request: the one place that every face, socket and script asks, whatever a client shows.
//
//     Authorization: Bearer …   an access token of a sign-in; else an API key, a tester's or a service's token
//     the service header        a service's token, also written as "password …"
//     the edge header           an assertion of a proxy in front
#pragma once

#include <string>

#include "account/access_keys.h"
#include "account/configured_tokens.h"
#include "account/edge_identity.h"
#include "account/service.h"
#include "account/types.h"

namespace slipway::account {

// What a request shows. Empty fields were not sent.
struct Credential {
    std::string bearer;          // of "Authorization: Bearer …"
    std::string service;         // of the header AuthenticationOptions::service_header
    std::string edge_assertion;  // of the header AuthenticationOptions::edge_header
    Visit visit;
    bool adding_factor = false;  // of the routes with which a second factor is added, where it is required
};

struct AuthenticationOptions {
    std::string service_header;    // beside Authorization, for services' tokens; "": there is none
    std::string edge_header;       // in which a proxy in front says who signed in there; "": none does
    EdgeIdentity* edge = nullptr;  // verifies what stands there; outlives this
};

// Whether a bearer has the form of a JSON Web Token; else it can only be a key.
bool looks_like_access_token(std::string_view bearer);

// Thread safe.
class Authentication {
 public:
    // What it is given outlives it.
    Authentication(Accounts& accounts, AccessKeys& keys, const Factors& factors, ConfiguredTokens tokens,
                   AuthenticationOptions options)
        : accounts_(accounts),
          keys_(keys),
          factors_(factors),
          tokens_(std::move(tokens)),
          options_(std::move(options)) {}

    // `unauthorized` when nothing was shown, or it does not hold (any more); `rate_limited` when a key has come too
    // often; `forbidden` with details.reason "factor_required" where a second factor is required and there is none.
    Task<Principal> principal(Credential credential);
    // For connections that outlive a request: the same principal with the rights of now, or `unauthorized` once what it
    // was proven by has ended. Nothing is counted.
    Task<Principal> renew(Principal principal);
    // For work that goes on after its request: the user, or the key, as a member of the workspace. `forbidden` when
    // there is no such member any more.
    Task<Principal> member(WorkspaceId workspace, std::string user_id);

    const AuthenticationOptions& options() const { return options_; }

 private:
    Task<Principal> admitted(const ConfiguredTokens::Entry& entry);

    Accounts& accounts_;
    AccessKeys& keys_;
    const Factors& factors_;
    ConfiguredTokens tokens_;
    AuthenticationOptions options_;
};

}  // namespace slipway::account
