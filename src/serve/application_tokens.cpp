// Of an application's accounts: the keys that sign, and who else may say who somebody is.
#include "serve/application.h"
#include "serve/outside.h"

namespace slipway::serve {

Result<void> Application::open_signing_keys(const std::string& secret) {
    const auto& section = manifest_.accounts;
    account::SigningOptions options;
    options.algorithm = section.algorithm;
    options.secret = secret;
    options.previous_secrets = app::previous_secrets(section);
    options.issuer = section.issuer;
    options.audience = section.audience;
    options.type = section.token_type;
    options.longest_token = std::chrono::duration_cast<std::chrono::seconds>(section.access_token);
    signing_keys_ = std::make_unique<account::SigningKeys>(*database_, *audit_, std::move(options));
    return run_to_end(signing_keys_->prepare());
}

void Application::open_edge(account::AuthenticationOptions& options) {
    const auto& section = manifest_.accounts.edge;
    if (!section || section->issuer.empty()) return;
    options.edge_header = section->header;
    edge_ = std::make_unique<account::EdgeIdentity>(*outside_, *accounts_, edge_options(*section));
    options.edge = edge_.get();
}

void Application::open_identities() {
    if (manifest_.accounts.providers.empty()) return;
    identities_ = std::make_unique<account::Identities>(
        *database_, *accounts_, *audit_, make_providers(manifest_, *outside_), identity_options(manifest_));
}

}  // namespace slipway::serve
