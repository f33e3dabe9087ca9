#include "serve/outside.h"

namespace slipway::serve {

std::shared_ptr<net::Client> outside_client(const app::Manifest& manifest) {
    net::ClientOptions options;
    options.reach = manifest.production() ? net::Reach::internet : net::Reach::internet_or_loopback;
    return std::make_shared<net::Client>(std::move(options));
}

account::EdgeOptions edge_options(const app::EdgeIdentitySection& section) {
    account::EdgeOptions options;
    options.issuer.issuer = section.issuer;
    options.issuer.key_set_url = section.keys;
    options.audience = section.audience;
    options.email_claim = section.email_claim;
    options.role = section.role;
    return options;
}

account::IdentityOptions identity_options(const app::Manifest& manifest) {
    const auto& accounts = manifest.accounts;
    account::IdentityOptions options;
    options.callback_base = app::callback_base(manifest);
    options.redirects = accounts.redirects;
    options.sign_up_open = accounts.registration == app::RegistrationPolicy::open;
    return options;
}

std::vector<std::unique_ptr<account::Provider>> make_providers(const app::Manifest& manifest, net::Client& client) {
    std::vector<std::unique_ptr<account::Provider>> providers;
    for (const auto& section : manifest.accounts.providers) {
        account::ProviderOptions options;
        options.name = section.name;
        options.issuer = section.issuer;
        options.url = section.url;
        options.client_id = section.client_id;
        options.client_secret = section.client_secret.reveal();
        options.scopes = section.scopes;
        providers.push_back(account::make_provider(client, std::move(options)));
    }
    return providers;
}

}  // namespace slipway::serve
