// Who makes a request: the one place that every face, socket and script asks, whatever a client shows.
#pragma once

#include <string>

#include "account/service.h"
#include "account/types.h"

namespace slipway::account {

// What a request shows. Empty fields were not sent.
struct Credential {
    std::string bearer;          // of "Authorization: Bearer …": an access token
    std::string edge_assertion;  // of the header that AuthenticationOptions names
    Visit visit;
};

struct AuthenticationOptions {
    std::string edge_header;  // in which a proxy in front says who signed in there; "": none does
};

// Thread safe.
class Authentication {
 public:
    // What it is given outlives it.
    Authentication(Accounts& accounts, AuthenticationOptions options)
        : accounts_(accounts), options_(std::move(options)) {}

    // `unauthorized` when nothing was shown, or it does not hold (any more).
    Task<Principal> principal(Credential credential);
    // For connections that outlive a request: the same principal with the rights of now, or `unauthorized` once what it
    // was proven by has ended.
    Task<Principal> renew(Principal principal);

    const AuthenticationOptions& options() const { return options_; }

 private:
    Accounts& accounts_;
    AuthenticationOptions options_;
};

}  // namespace slipway::account
