// The services of AWS that a release goes through: ECS, ECR and CloudWatch Logs (JSON 1.1), and Elastic Load Balancing
// (Query, API version 2015-12-01).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/json.h"
#include "store/aws/aws_client.h"

namespace slipway::deploy {

struct CloudPlaces {
    store::AwsEndpoint ecs, ecr, logs, load_balancing;
};
// Those of the region, or where AWS_ENDPOINT_URL_ECS, …_ECR, …_CLOUDWATCH_LOGS, …_ELASTIC_LOAD_BALANCING_V2, else
// AWS_ENDPOINT_URL, say, as AWS's own tools take them.
CloudPlaces cloud_places(const Environment& environment, const std::string& region);

struct TargetHealth {
    std::string address, state, reason;  // "10.0.3.7", "unhealthy", "Health checks failed with these codes: [404]"
};

// Used by one coroutine at a time. Errors: those of store::AwsClient.
class Cloud {
 public:
    Cloud(net::Client& client, std::shared_ptr<store::CredentialsProvider> credentials, CloudPlaces places)
        : aws_(client, std::move(credentials)), places_(std::move(places)) {}

    // `repeatable`: twice is as good as once, so it may be asked again when nobody knows whether it was done.
    Task<json::object> ecs(std::string operation, json::object input, bool repeatable = true);
    Task<json::object> ecr(std::string operation, json::object input);
    Task<json::object> logs(std::string operation, json::object input);
    Task<std::vector<TargetHealth>> target_health(std::string target_group);

    // Since the first call, by this machine's clock or by AWS's (the Date of its answers), whichever is further: a
    // laptop that slept has missed what AWS did meanwhile.
    Milliseconds elapsed() const;
    // Seconds since 1970 by AWS's clock when it last answered; by this machine's before.
    double time_there() const;

 private:
    Task<std::string> post(const store::AwsEndpoint& place, store::AwsRequest request);
    Task<json::object> call(const store::AwsEndpoint& place, std::string target, json::object input, bool repeatable);

    store::AwsClient aws_;
    CloudPlaces places_;
    std::optional<std::chrono::steady_clock::time_point> began_;
    std::optional<std::int64_t> first_date_, last_date_;  // seconds since 1970
};

}  // namespace slipway::deploy
