// What has one price for each resource, and what costs by traffic alone.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "deploy/price/pricer.h"

namespace slipway::deploy {
namespace {

struct Simple {
    std::string_view type, category, item, what;
};
constexpr std::array<Simple, 10> kSimple{{
    {"aws_route53_zone", "dns", "dns.zone", "a zone"},
    {"aws_service_discovery_private_dns_namespace", "dns", "dns.zone", "the zone of service discovery"},
    {"aws_service_discovery_public_dns_namespace", "dns", "dns.zone", "the zone of service discovery"},
    {"aws_route53_health_check", "dns", "dns.health-check", "a health check"},
    {"aws_secretsmanager_secret", "secrets", "secret", "a secret"},
    {"aws_kms_key", "keys", "key", "a key"},
    {"aws_cloudwatch_dashboard", "metrics", "dashboard", "a dashboard"},
    {"aws_cloudwatch_composite_alarm", "metrics", "alarm.composite", "a composite alarm"},
    {"aws_cloudwatch_log_metric_filter", "metrics", "metric", "a metric of logs"},
    {"aws_codepipeline", "builds", "codepipeline", "a pipeline"},
}};

// What stands there for nothing until something flows.
constexpr std::array<std::string_view, 11> kByTraffic{
    "aws_s3_bucket",
    "aws_efs_file_system",
    "aws_cloudwatch_log_group",
    "aws_cloudfront_distribution",
    "aws_apigatewayv2_api",
    "aws_api_gateway_rest_api",
    "aws_sqs_queue",
    "aws_sns_topic",
    "aws_ecr_repository",
    "aws_codebuild_project",
    "aws_amplify_app",
};
constexpr std::array<std::string_view, 20> kOwnFunction{
    "aws_ecs_service",
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_db_proxy",
    "aws_elasticache_replication_group",
    "aws_elasticache_cluster",
    "aws_elasticache_serverless_cache",
    "aws_nat_gateway",
    "aws_eip",
    "aws_lb",
    "aws_vpc_endpoint",
    "aws_instance",
    "aws_autoscaling_group",
    "aws_wafv2_web_acl",
    "aws_lambda_function",
    "aws_lambda_provisioned_concurrency_config",
    "aws_cloudwatch_metric_alarm",
    "aws_flow_log",
    "aws_ssm_parameter",
};

void price_alarm(Pricer& pricer, const Resource& alarm) {
    const auto period = alarm.number("period");
    const bool fine = period > 0 && period < 60;
    pricer.add(alarm, "metrics", fine ? "alarm.high-resolution" : "alarm", 1, "an alarm");
}

void price_provisioned(Pricer& pricer, const Resource& config) {
    double gigabytes = 0.125;
    for (const auto* function : pricer.plan.referred(config, "function_name", "aws_lambda_function"))
        gigabytes = function->number("memory_size", 128) / 1024;
    const auto count = config.number("provisioned_concurrent_executions");
    pricer.hourly(config, "functions", "lambda.provisioned", count * gigabytes * 3600,
                  fmt::format("{} kept warm", count));
}

bool any_of_types(const Plan& plan, std::string_view types) {
    return std::ranges::any_of(split(types, ' '), [&](std::string_view type) { return !plan.of(type).empty(); });
}

bool all_arm(const Plan& plan) {
    return std::ranges::all_of(plan.of("aws_lambda_function"), [](const Resource* function) {
        return function->texts("architectures") == std::vector<std::string>{"arm64"};
    });
}

}  // namespace

const std::set<std::string_view>& priced_types() {
    static const auto types = [] {
        std::set<std::string_view> all(kByTraffic.begin(), kByTraffic.end());
        all.insert(kOwnFunction.begin(), kOwnFunction.end());
        for (const auto& simple : kSimple) all.insert(simple.type);
        return all;
    }();
    return types;
}

void price_rest(Pricer& pricer) {
    for (const auto& simple : kSimple)
        for (const auto* one : pricer.plan.of(simple.type))
            pricer.add(*one, simple.category, simple.item, 1, std::string(simple.what));
    for (const auto* acl : pricer.plan.of("aws_wafv2_web_acl")) {
        const auto rules = static_cast<double>(acl->blocks("rule").size());
        pricer.add(*acl, "waf", "waf.acl", 1, "a web ACL");
        pricer.add(*acl, "waf", "waf.rule", rules, fmt::format("{} rules", rules));
    }
    for (const auto* alarm : pricer.plan.of("aws_cloudwatch_metric_alarm")) price_alarm(pricer, *alarm);
    for (const auto* config : pricer.plan.of("aws_lambda_provisioned_concurrency_config"))
        price_provisioned(pricer, *config);
    for (const auto* parameter : pricer.plan.of("aws_ssm_parameter"))
        if (parameter->text("tier") == "Advanced")
            pricer.add(*parameter, "secrets", "parameter.advanced", 1, "an advanced parameter");
}

void price_traffic(Pricer& pricer) {
    for (const auto& key : traffic_keys()) {
        const auto quantity = pricer.traffic.of(key.key);
        if (quantity == 0) continue;
        if (!any_of_types(pricer.plan, key.types)) {
            pricer.without_resource(key);
            continue;
        }
        auto item = std::string(key.item);
        if (key.key == "efs_gb") {
            const auto systems = pricer.plan.of("aws_efs_file_system");
            const bool one_zone = std::ranges::all_of(
                systems, [](const Resource* one) { return !one->text("availability_zone_name").empty(); });
            item = one_zone ? "efs.one-zone" : "efs.standard";
        } else if (key.key == "lambda_gb_seconds") {
            item = all_arm(pricer.plan) ? "lambda.arm" : "lambda.x86";
        }
        if (!item.empty()) pricer.add_traffic(key.category, item, quantity, fmt::format("{} {}", quantity, key.what));
    }
}

}  // namespace slipway::deploy
