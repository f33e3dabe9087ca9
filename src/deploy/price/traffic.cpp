#include "deploy/price/traffic.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr double kValueMax = 1e12;

constexpr std::array<TrafficKey, 34> kKeys{{
    {"aurora_awake_hours", "", "database", "hours in which an Aurora that sleeps is awake", "aws_rds_cluster"},
    {"aurora_gb", "aurora.gb", "database", "stored in Aurora", "aws_rds_cluster"},
    {"aurora_io_million", "aurora.io", "database", "requests of Aurora to its storage", "aws_rds_cluster"},
    {"s3_gb", "s3.gb", "objects", "stored in S3", "aws_s3_bucket"},
    {"s3_put_thousand", "s3.put", "objects", "writes and lists of S3", "aws_s3_bucket"},
    {"s3_get_thousand", "s3.get", "objects", "reads of S3", "aws_s3_bucket"},
    {"efs_gb", "", "files", "stored in EFS", "aws_efs_file_system"},
    {"backup_gb", "backup.gb", "files", "kept by AWS Backup", "aws_backup_plan aws_efs_backup_policy"},
    {"nat_gb", "nat-gateway.gb", "nat", "through NAT gateways", "aws_nat_gateway"},
    {"endpoint_gb", "endpoint.gb", "endpoints", "through interface endpoints", "aws_vpc_endpoint"},
    {"egress_gb", "egress.gb", "egress", "out to the internet", "aws_vpc"},
    {"balancer_lcu_hours", "alb.lcu", "balancer", "capacity units of load balancers", "aws_lb"},
    {"cloudfront_gb", "cloudfront.gb", "edge", "out of CloudFront", "aws_cloudfront_distribution"},
    {"cloudfront_requests_10k", "cloudfront.requests", "edge", "requests to CloudFront", "aws_cloudfront_distribution"},
    {"waf_requests_million", "waf.requests", "waf", "requests that WAF looks at", "aws_wafv2_web_acl"},
    {"dns_queries_million", "dns.queries", "dns", "queries of DNS", "aws_route53_zone"},
    {"secret_calls_10k", "secret.calls", "secrets", "reads of secrets", "aws_secretsmanager_secret"},
    {"logs_gb", "logs.gb", "logs", "into logs", "aws_cloudwatch_log_group"},
    {"logs_stored_gb", "logs.stored", "logs", "kept in logs", "aws_cloudwatch_log_group"},
    {"metrics", "metric", "metrics", "metrics of one's own and of Container Insights",
     "aws_ecs_cluster aws_lambda_function"},
    {"traces_million", "traces", "metrics", "traces of X-Ray", "aws_lambda_function aws_ecs_task_definition"},
    {"lambda_requests_million", "lambda.requests", "functions", "calls of functions", "aws_lambda_function"},
    {"lambda_gb_seconds", "", "functions", "time of functions", "aws_lambda_function"},
    {"api_requests_million", "api.http", "api", "requests to HTTP APIs", "aws_apigatewayv2_api"},
    {"rest_requests_million", "api.rest", "api", "requests to REST APIs", "aws_api_gateway_rest_api"},
    {"sqs_requests_million", "sqs.requests", "queue", "requests to queues", "aws_sqs_queue"},
    {"sns_requests_million", "sns.requests", "queue", "messages to topics", "aws_sns_topic"},
    {"ecr_gb", "ecr.gb", "registry", "of images", "aws_ecr_repository"},
    {"codebuild_minutes", "codebuild.small", "builds", "of builds", "aws_codebuild_project"},
    {"amplify_build_minutes", "amplify.build", "front-end", "of builds by Amplify", "aws_amplify_app"},
    {"amplify_served_gb", "amplify.served", "front-end", "served by Amplify", "aws_amplify_app"},
    {"amplify_stored_gb", "amplify.stored", "front-end", "stored by Amplify", "aws_amplify_app"},
    {"amplify_ssr_million", "amplify.ssr.requests", "front-end", "pages rendered by Amplify", "aws_amplify_app"},
    {"amplify_ssr_gb_hours", "amplify.ssr.hours", "front-end", "time of rendering", "aws_amplify_app"},
}};

}  // namespace

std::span<const TrafficKey> traffic_keys() { return kKeys; }

Result<Traffic> Traffic::read(std::string_view json_text, std::string_view environment) {
    SLIPWAY_TRY(const auto parsed, parse_json(json_text));
    const auto* root = parsed.if_object();
    if (root == nullptr)
        return fail(ErrorCode::invalid, "A traffic file is a JSON object: environment → key → number.");
    Traffic traffic;
    const auto* values = object_in(*root, environment);
    if (values == nullptr && environment == "economy") values = object_in(*root, "dev");
    if (values == nullptr) return traffic;
    for (const auto& [key, value] : *values) {
        if (!std::ranges::any_of(kKeys, [&](const TrafficKey& known) { return known.key == std::string_view(key); }))
            return fail(ErrorCode::invalid,
                        "The traffic file has a key \"{}\", which is none; docs/plan.md lists them.",
                        cut_utf8(key, 60));
        const auto number = value.is_number() ? value.to_number<double>() : -1;
        if (number < 0 || number > kValueMax)
            return fail(ErrorCode::invalid, "The traffic file's \"{}\" is to be a number, 0 or more.",
                        std::string_view(key));
        traffic.values_.emplace(key, number);
    }
    return traffic;
}

double Traffic::of(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? 0 : found->second;
}

}  // namespace slipway::deploy
