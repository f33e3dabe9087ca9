// Sections `accounts.providers` and `accounts.edge`: who else may say who somebody is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/types.h"
#include "app/manifest/keys.h"

namespace slipway::app {

struct IdentityProviderSection {
    std::string name;
    std::string issuer;  // "" after reading: GitHub
    std::string url;     // of a GitHub Enterprise server
    std::string client_id;
    Secret client_secret;
    std::vector<std::string> scopes;
};

struct EdgeIdentitySection {
    std::string header = "Cf-Access-Jwt-Assertion";
    std::string issuer, keys, audience;
    std::string email_claim = "email";
    account::Role role = account::Role::member;
};

void describe(Keys& keys, IdentityProviderSection& provider);
void describe(Keys& keys, EdgeIdentitySection& edge);

}  // namespace slipway::app
