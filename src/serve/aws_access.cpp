#include "serve/aws_access.h"

#include "base/percent.h"
#include "base/pool.h"
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

struct AwsAccess::Parts {
    explicit Parts(const Environment& environment)
        : client(client_options(environment)),
          credentials(store::credentials_from_chain(environment, client, files)),
          region(store::region_from_chain(environment)) {}

    static constexpr std::size_t kThreads = 1;  // for files with profiles and tokens
    WorkerPool files{"aws files", kThreads};
    net::Client client;
    std::shared_ptr<store::CredentialsProvider> credentials;
    std::string region;
};

AwsAccess::AwsAccess(Environment environment) : environment_(std::move(environment)) {}

AwsAccess::~AwsAccess() = default;

AwsAccess::Parts& AwsAccess::parts() {
    std::call_once(made_, [this] { parts_ = std::make_unique<Parts>(environment_); });
    return *parts_;
}

net::Client& AwsAccess::client() { return parts().client; }
const std::shared_ptr<store::CredentialsProvider>& AwsAccess::credentials() { return parts().credentials; }
const std::string& AwsAccess::region() { return parts().region; }

std::string AwsAccess::at_endpoint(std::string url, std::string_view service) const {
    const auto endpoint =
        environment_.get_or(fmt::format("AWS_ENDPOINT_URL_{}", service), environment_.get_or("AWS_ENDPOINT_URL", ""));
    if (endpoint.empty() || url.find("endpoint=") != std::string::npos) return url;
    return fmt::format("{}{}endpoint={}", url, url.find('?') == std::string::npos ? '?' : '&',
                       percent_encode(endpoint));
}

Task<std::string> AwsAccess::database_password(std::string host, std::uint16_t port, std::string user,
                                               std::string region) {
    SLIPWAY_CO_TRY(const auto credentials, co_await parts().credentials->get());
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
