// What of accounts asks others: providers to sign in with, and the keys of a proxy in front.
#pragma once

#include <memory>
#include <vector>

#include "account/edge_identity.h"
#include "account/identities.h"
#include "app/manifest/manifest.h"
#include "net/client.h"

namespace slipway::serve {

// Reaches the public internet alone, in development also this machine.
std::shared_ptr<net::Client> outside_client(const app::Manifest& manifest);

account::EdgeOptions edge_options(const app::EdgeIdentitySection& section);
account::IdentityOptions identity_options(const app::Manifest& manifest);
std::vector<std::unique_ptr<account::Provider>> make_providers(const app::Manifest& manifest, net::Client& client);

}  // namespace slipway::serve
