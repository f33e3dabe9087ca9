// Secrets in AWS Secrets Manager and in the SSM Parameter Store (secrets_url.h says which). All are fetched at the
// first question, many in one request, and kept (kept_secrets.h).
//
// The role needs secretsmanager:GetSecretValue (and, for prefixes and to ask once for many, BatchGetSecretValue and
// ListSecrets), or ssm:GetParameters and ssm:GetParametersByPath; and kms:Decrypt where a key of its own is used.
#pragma once

#include <memory>
#include <string>

#include "store/aws/aws_client.h"
#include "store/secrets/kept_secrets.h"
#include "store/secrets/secrets_url.h"

namespace slipway::store {

struct AwsSecretsOptions {
    std::string url;                                   // "secretsmanager://…" or "ssm://…"
    std::string region;                                // when the URL has none
    std::shared_ptr<CredentialsProvider> credentials;  // credentials_chain.h
    AwsClientOptions client;
    KeptSecretsTimes times;
};

// Asks nothing yet. A name that is not there is an error of the first get(). The net client must outlive the store.
Result<std::unique_ptr<Secrets>> open_aws_secrets(AwsSecretsOptions options, net::Client& client);

// What both services have in common.
class AwsSecretsSource : public SecretsSource {
 public:
    AwsSecretsSource(std::unique_ptr<AwsClient> aws, AwsEndpoint endpoint, std::vector<SecretItem> items)
        : aws_(std::move(aws)), endpoint_(std::move(endpoint)), items_(std::move(items)) {}

 protected:
    const std::vector<SecretItem>& items() const { return items_; }
    std::vector<SecretItem> named_items() const;  // those that are no prefixes
    Task<json::object> call(std::string target, json::object input);

 private:
    std::unique_ptr<AwsClient> aws_;
    AwsEndpoint endpoint_;
    std::vector<SecretItem> items_;
};
std::unique_ptr<SecretsSource> secrets_manager_source(std::unique_ptr<AwsClient> aws, AwsEndpoint endpoint,
                                                      std::vector<SecretItem> items);
std::unique_ptr<SecretsSource> parameter_store_source(std::unique_ptr<AwsClient> aws, AwsEndpoint endpoint,
                                                      std::vector<SecretItem> items);

}  // namespace slipway::store
