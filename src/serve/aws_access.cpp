#include "serve/aws_access.h"

#include "store/aws/rds_token.h"
#include "store/secrets/aws_secrets.h"
#include "store/secrets/environment.h"

namespace slipway::serve {
namespace {

net::ClientOptions client_options(const Environment& environment) {
    net::ClientOptions options;
    options.environment = environment;
    return options;
}

// Secrets are asked before there is an application: this one brings its own way to AWS.
class SecretsElsewhere final : public store::Secrets {
 public:
    SecretsElsewhere(std::unique_ptr<AwsAccess> access, std::unique_ptr<store::Secrets> secrets)
        : access_(std::move(access)), secrets_(std::move(secrets)) {}
    Task<std::optional<std::string>> get(std::string name) override { return secrets_->get(std::move(name)); }
    Task<bool> refresh() override { return secrets_->refresh(); }

 private:
    std::unique_ptr<AwsAccess> access_;
    std::unique_ptr<store::Secrets> secrets_;
};

}  // namespace

AwsAccess::AwsAccess(const Environment& environment)
    : client_(client_options(environment)),
      credentials_(store::credentials_from_chain(environment, client_, files_)),
      region_(store::region_from_chain(environment)) {}

Task<std::string> AwsAccess::database_password(std::string host, std::uint16_t port, std::string user,
                                               std::string region) {
    SLIPWAY_CO_TRY(const auto credentials, co_await credentials_->get());
    co_return store::rds_token(host, port, user, region, credentials, now());
}

Result<std::unique_ptr<store::Secrets>> open_secrets(const app::StoreUrl& url, const Environment& environment) {
    if (url.scheme == "env") return store::environment_secrets(environment);
    auto access = std::make_unique<AwsAccess>(environment);
    store::AwsSecretsOptions options;
    options.url = url.url.reveal();
    options.region = access->region();
    options.credentials = access->credentials();
    auto& client = access->client();
    SLIPWAY_TRY(auto secrets, store::open_aws_secrets(std::move(options), client));
    return std::make_unique<SecretsElsewhere>(std::move(access), std::move(secrets));
}

}  // namespace slipway::serve
