#include "deploy/rollout/cloud.h"

#include <algorithm>

#include <pugixml.hpp>

#include "net/file_body.h"
#include "store/aws/aws_actions.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kAnswerBytesMax = 8 << 20;
constexpr const char* kLoadBalancingVersion = "2015-12-01";

}  // namespace

CloudPlaces cloud_places(const Environment& environment, const std::string& region) {
    const auto everywhere = environment.get_or("AWS_ENDPOINT_URL", "");
    const auto place = [&](const char* signing_name, const char* host_name, const char* variable) {
        const auto url = environment.get_or(std::string("AWS_ENDPOINT_URL_") + variable, everywhere);
        auto endpoint = store::aws_endpoint(host_name, region, url);
        endpoint.service = signing_name;
        return endpoint;
    };
    return {.ecs = place("ecs", "ecs", "ECS"),
            .ecr = place("ecr", "api.ecr", "ECR"),
            .logs = place("logs", "logs", "CLOUDWATCH_LOGS"),
            .load_balancing = place("elasticloadbalancing", "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2")};
}

Task<std::string> Cloud::post(const store::AwsEndpoint& place, store::AwsRequest request) {
    if (!began_) began_ = std::chrono::steady_clock::now();
    request.method = net::Method::post;
    request.response_bytes_max = kAnswerBytesMax;
    SLIPWAY_CO_TRY(auto answer, co_await aws_.send(place, std::move(request)));
    if (const auto date = net::from_http_date(answer.headers.get("Date"))) {
        if (!first_date_) first_date_ = *date;
        last_date_ = *date;
    }
    co_return std::move(answer.body);
}

Task<json::object> Cloud::call(const store::AwsEndpoint& place, std::string target, json::object input,
                               bool repeatable) {
    store::record(store::actions_of(place.service, place.region, target, input));
    store::AwsRequest request{.body = write_json(input), .repeatable = repeatable};
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", target);
    SLIPWAY_CO_TRY(const auto body, co_await post(place, std::move(request)));
    auto value = parse_json(body);
    if (!value || !value->is_object())
        co_return fail(ErrorCode::upstream, "{} answered {} with something that is not a JSON object.",
                       store::authority_of(place.url), target);
    co_return std::move(value->get_object());
}

Task<json::object> Cloud::ecs(std::string operation, json::object input, bool repeatable) {
    return call(places_.ecs, "AmazonEC2ContainerServiceV20141113." + operation, std::move(input), repeatable);
}

Task<json::object> Cloud::ecr(std::string operation, json::object input) {
    return call(places_.ecr, "AmazonEC2ContainerRegistry_V20150921." + operation, std::move(input), true);
}

Task<json::object> Cloud::logs(std::string operation, json::object input) {
    return call(places_.logs, "Logs_20140328." + operation, std::move(input), true);
}

Task<std::vector<TargetHealth>> Cloud::target_health(std::string target_group) {
    const net::Fields form{
        {"Action", "DescribeTargetHealth"}, {"Version", kLoadBalancingVersion}, {"TargetGroupArn", target_group}};
    store::record({{"elasticloadbalancing", "DescribeTargetHealth"}});
    store::AwsRequest request{.body = store::amz_query(form)};
    request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    SLIPWAY_CO_TRY(const auto body, co_await post(places_.load_balancing, std::move(request)));
    pugi::xml_document document;
    if (!document.load_buffer(body.data(), body.size()))
        co_return fail(ErrorCode::upstream, "{} answered DescribeTargetHealth with something that is not XML.",
                       store::authority_of(places_.load_balancing.url));
    std::vector<TargetHealth> targets;
    const auto told = document.child("DescribeTargetHealthResponse").child("DescribeTargetHealthResult");
    for (const auto& member : told.child("TargetHealthDescriptions").children("member")) {
        const auto health = member.child("TargetHealth");
        const std::string code = health.child_value("Reason"), text = health.child_value("Description");
        targets.push_back({.address = member.child("Target").child_value("Id"),
                           .state = health.child_value("State"),
                           .reason = text.empty() ? code : text});
    }
    co_return targets;
}

double Cloud::time_there() const {
    return last_date_ ? static_cast<double>(*last_date_) : static_cast<double>(to_unix_ms(now())) / 1000;
}

Milliseconds Cloud::elapsed() const {
    if (!began_) return Milliseconds(0);
    const auto here = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - *began_);
    const Milliseconds there(first_date_ ? (*last_date_ - *first_date_) * 1000 : 0);
    return std::max(here, there);
}

}  // namespace slipway::deploy
