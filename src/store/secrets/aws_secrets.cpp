#include "store/secrets/aws_secrets.h"

#include <algorithm>

namespace slipway::store {

std::vector<SecretItem> AwsSecretsSource::named_items() const {
    std::vector<SecretItem> named;
    std::ranges::copy_if(items_, std::back_inserter(named), [](const SecretItem& item) { return !item.all_below; });
    return named;
}

Task<json::object> AwsSecretsSource::call(std::string target, json::object input) {
    AwsClient::JsonCall call{.version = "1.1", .target = std::move(target), .input = std::move(input)};
    co_return co_await aws_->call(endpoint_, std::move(call));
}

Result<std::unique_ptr<Secrets>> open_aws_secrets(AwsSecretsOptions options, net::Client& client) {
    if (!options.credentials) return fail(ErrorCode::invalid, "Secrets in AWS need credentials.");
    const bool manager = !options.url.starts_with("ssm:");
    const std::string service = manager ? "secretsmanager" : "ssm";
    SLIPWAY_TRY(auto place, parse_secrets_url(options.url, service, options.region));
    auto aws = std::make_unique<AwsClient>(client, std::move(options.credentials), std::move(options.client));
    auto endpoint = aws_endpoint(service, std::move(place.region), std::move(place.endpoint));
    auto source = manager ? secrets_manager_source(std::move(aws), std::move(endpoint), std::move(place.items))
                          : parameter_store_source(std::move(aws), std::move(endpoint), std::move(place.items));
    std::unique_ptr<Secrets> secrets = std::make_unique<KeptSecrets>(std::move(source), options.times);
    return secrets;
}

}  // namespace slipway::store
