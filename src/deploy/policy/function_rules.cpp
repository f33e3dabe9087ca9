// Lambda, API Gateway, SQS.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "deploy/policy/policy_document.h"
#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

constexpr double kVisibilityTimes = 6;  // AWS's advice: so often the handler's own limit

bool is_traced(const Audit&, const Resource& function) {
    const auto* tracing = function.block("tracing_config");
    return tracing != nullptr && text_or(*tracing, "mode") == "Active";
}

bool keeps_failures(const Audit& audit, const Resource& function) {
    return !function.blocks("dead_letter_config").empty() ||
           !audit.plan.referring(function, "aws_lambda_function_event_invoke_config", "function_name").empty() ||
           audit.plan.referring(function, "aws_lambda_event_source_mapping", "function_name").empty();
}

bool is_capped(const Audit&, const Resource& function) {
    return function.number("reserved_concurrent_executions", -1) >= 0;
}

bool is_supported(const Audit&, const Resource& function) {
    static constexpr std::array<std::string_view, 9> kRuntimes{"provided.al2023", "python3.12", "python3.13",
                                                               "python3.14",      "nodejs22.x", "nodejs24.x",
                                                               "java21",          "java25",     "dotnet8"};
    return function.text("package_type") == "Image" || holds(kRuntimes, function.text("runtime"));
}

bool has_retention(const Audit& audit, const Resource& function) {
    const auto name = fmt::format("/aws/lambda/{}", function.text("function_name"));
    return !audit.plan.referred(function, "logging_config", "aws_cloudwatch_log_group").empty() ||
           std::ranges::any_of(audit.plan.of("aws_cloudwatch_log_group"),
                               [&](const Resource* group) { return group->text("name") == name; });
}

bool names_source(const Audit&, const Resource& permission) {
    return permission.given("source_arn") || permission.given("source_account");
}

bool is_logged(const Audit&, const Resource& stage) { return stage.given("access_log_settings"); }

bool is_throttled(const Audit&, const Resource& stage) {
    const auto* settings = stage.block("default_route_settings");
    return settings != nullptr && number_in(*settings, "throttling_rate_limit", 0) > 0;
}

bool is_authorized(const Audit&, const Resource& route) {
    const auto type = route.text("authorization_type");
    return !type.empty() && type != "NONE";
}

bool has_one_way_in(const Audit& audit, const Resource& api) {
    return api.flag("disable_execute_api_endpoint") ||
           audit.plan.referring(api, "aws_apigatewayv2_api_mapping", "api_id").empty();
}

bool is_encrypted(const Audit&, const Resource& queue) {
    return queue.flag("sqs_managed_sse_enabled") || queue.given("kms_master_key_id");
}

bool is_dead_letters(const Audit& audit, const Resource& queue) {
    return std::ranges::any_of(
               audit.plan.of("aws_sqs_queue"),
               [&](const Resource* other) { return holds(audit.plan.referred(*other, "redrive_policy"), &queue); }) ||
           std::ranges::any_of(
               audit.plan.of("aws_sqs_queue_redrive_policy"),
               [&](const Resource* other) { return holds(audit.plan.referred(*other, "redrive_policy"), &queue); }) ||
           queue.text("name").contains("dead") || queue.text("name").contains("dlq");
}

bool has_dead_letters(const Audit& audit, const Resource& queue) {
    return is_dead_letters(audit, queue) || queue.given("redrive_policy") ||
           !audit.plan.referring(queue, "aws_sqs_queue_redrive_policy", "queue_url").empty();
}

bool is_watched(const Audit& audit, const Resource& queue) {
    return is_dead_letters(audit, queue) ||
           std::ranges::any_of(audit.plan.of("aws_cloudwatch_metric_alarm"), [](const Resource* alarm) {
               return alarm->text("metric_name") == "ApproximateAgeOfOldestMessage";
           });
}

bool hides_long_enough(const Audit& audit, const Resource& mapping) {
    double limit = 0;
    for (const auto* function : audit.plan.referred(mapping, "function_name", "aws_lambda_function"))
        limit = std::max(limit, function->number("timeout", 3));
    const auto queues = audit.plan.referred(mapping, "event_source_arn", "aws_sqs_queue");
    return std::ranges::all_of(queues, [&](const Resource* queue) {
        return queue->number("visibility_timeout_seconds", 30) >= kVisibilityTimes * limit;
    });
}

constexpr std::array<Rule, 14> kRules{{
    {"lambda.tracing", "aws_lambda_function", note, warning, is_traced, "Its calls are not traced.",
     "tracing_config { mode = \"Active\" }."},
    {"lambda.failures", "aws_lambda_function", note, warning, keeps_failures, "An event that fails for good is gone.",
     "dead_letter_config, or aws_lambda_function_event_invoke_config with a destination."},
    {"lambda.concurrency", "aws_lambda_function", warning, error, is_capped,
     "It may take all of the account's concurrency and all connections of the database.",
     "reserved_concurrent_executions."},
    {"lambda.runtime", "aws_lambda_function", error, error, is_supported, "The runtime is out of support, or soon.",
     "runtime = \"provided.al2023\"."},
    {"lambda.logs", "aws_lambda_function", warning, warning, has_retention,
     "Lambda makes its log group itself, and keeps it for ever.",
     "aws_cloudwatch_log_group /aws/lambda/NAME with retention_in_days."},
    {"lambda.permission", "aws_lambda_permission", error, error, names_source,
     "Any caller of that service may call the function.", "source_arn."},
    {"api.logs", "aws_apigatewayv2_stage", note, warning, is_logged, "Who asked for what is not kept.",
     "access_log_settings."},
    {"api.throttle", "aws_apigatewayv2_stage", warning, error, is_throttled,
     "One caller may use up the account's quota.",
     "default_route_settings { throttling_rate_limit, throttling_burst_limit }."},
    {"api.authorizer", "aws_apigatewayv2_route", note, note, is_authorized,
     "API Gateway asks nobody who he is; the application must.", "An authorizer, where the application has none."},
    {"api.endpoint", "aws_apigatewayv2_api", warning, error, has_one_way_in,
     "The execute-api host goes around the domain's protection.", "disable_execute_api_endpoint = true."},
    {"sqs.encrypted", "aws_sqs_queue", error, error, is_encrypted, "Messages are not encrypted.",
     "sqs_managed_sse_enabled = true."},
    {"sqs.dead-letters", "aws_sqs_queue", error, error, has_dead_letters,
     "A message that always fails comes back for ever.", "redrive_policy with a second queue."},
    {"sqs.alarm", "aws_sqs_queue", note, warning, is_watched, "Nobody hears of it when messages pile up.",
     "An alarm on ApproximateAgeOfOldestMessage."},
    {"sqs.visibility", "aws_lambda_event_source_mapping", warning, warning, hides_long_enough,
     "A message is given out again while it is still worked on.",
     "visibility_timeout_seconds of six times the function's timeout."},
}};

}  // namespace

std::span<const Rule> function_rules() { return kRules; }

}  // namespace slipway::deploy
