// Secrets in clear, secrets that nobody makes, tokens in logs; and what the stack's text alone shows.
#include <algorithm>

#include "deploy/check/check.h"
#include "deploy/plan/tasks.h"

namespace slipway::deploy {
namespace {

constexpr double kLogDaysMax = 7;

// "postgresql://user:password@host"
bool holds_password(std::string_view value) {
    const auto scheme = value.find("://");
    if (scheme == std::string_view::npos) return false;
    const auto authority = value.substr(scheme + 3, value.find('/', scheme + 3) - scheme - 3);
    const auto at = authority.rfind('@');
    return at != std::string_view::npos && authority.substr(0, at).contains(':');
}

bool is_secret(std::string_view name, std::string_view value) {
    if (holds_password(value)) return true;
    const auto is = [&](std::string_view end) { return name.ends_with(end); };
    return !value.empty() && !value.starts_with("arn:") &&
           (is("SECRET") || is("PASSWORD") || is("API_KEY") || is("SECRET_KEY") || is("PRIVATE_KEY") || is("_TOKEN") ||
            is("WEBHOOK_SECRET"));
}

void add_clear(const Resource& resource, std::string_view name, Findings& findings) {
    findings.push_back(
        {.rule = "C20",
         .resource = resource.address,
         .message = fmt::format("{} stands in the environment, where everybody who may describe it reads it.", name),
         .fix = "Keep it in Secrets Manager and give the task `secrets`, the function its ARN."});
}

// "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-AbCdEf:KEY::" → NAME-AbCdEf; of SSM its path.
std::string secret_name(std::string_view from) {
    if (const auto at = from.find(":secret:"); at != std::string_view::npos) {
        const auto name = from.substr(at + 8);
        return std::string(name.substr(0, name.find(':')));
    }
    if (const auto at = from.find(":parameter/"); at != std::string_view::npos)
        return std::string(from.substr(at + 10));
    return std::string(from);
}

// An ARN may be given with the six characters that AWS adds to a secret's name, or without.
std::string_view without_suffix(std::string_view name) {
    const auto dash = name.rfind('-');
    return dash != std::string_view::npos && name.size() - dash == 7 ? name.substr(0, dash) : name;
}

bool makes(const Plan& plan, const std::string& name) {
    const auto named = [&](const Resource* one) {
        const auto own = one->text("name");
        return own == name || own == without_suffix(name) || (own.empty() && one->is_unknown("name"));
    };
    return std::ranges::any_of(plan.of("aws_secretsmanager_secret"), named) ||
           std::ranges::any_of(plan.of("aws_ssm_parameter"), named) || name.starts_with("rds!");
}

bool forgets_soon(const Plan& plan, const Resource& balancer) {
    for (const auto* bucket : plan.referred(balancer, "access_logs", "aws_s3_bucket"))
        for (const auto* lifecycle : plan.referring(*bucket, "aws_s3_bucket_lifecycle_configuration", "bucket"))
            for (const auto* rule : lifecycle->blocks("rule"))
                for (const auto* end : blocks_in(*rule, "expiration")) {
                    const auto days = number_in(*end, "days", 0);
                    if (days > 0 && days <= kLogDaysMax) return true;
                }
    return false;
}

}  // namespace

void check_secrets(const Subject& subject, Findings& findings) {
    const auto& plan = subject.plan;
    for (const auto* task : plan.of("aws_ecs_task_definition"))
        for (const auto& container : containers_of(plan, *task)) {
            for (const auto& [name, value] : container.environment())
                if (is_secret(name, value)) add_clear(*task, name, findings);
            for (const auto& [name, from] : container.secrets())
                if (!from.empty() && !makes(plan, secret_name(from)))
                    findings.push_back(
                        {.rule = "C23",
                         .severity = Severity::warning,
                         .resource = task->address,
                         .message =
                             fmt::format("{} comes from \"{}\", which the stack does not make: without it the task "
                                         "never starts.",
                                         name, secret_name(from)),
                         .fix = "Let Terraform own the name and people the value; no task runs until it is there."});
        }
    for (const auto* function : plan.of("aws_lambda_function"))
        for (const auto* block : function->blocks("environment"))
            if (const auto* variables = object_in(*block, "variables"))
                for (const auto& [name, value] : *variables)
                    if (is_secret(name, text_or(*variables, name))) add_clear(*function, name, findings);
    if (subject.estimate == nullptr || !subject.estimate->tokens_in_queries) return;
    for (const auto* balancer : plan.of("aws_lb")) {
        const auto* logs = balancer->block("access_logs");
        if (logs == nullptr || !bool_or(*logs, "enabled", false) || forgets_soon(plan, *balancer)) continue;
        findings.push_back(
            {.rule = "C22",
             .severity = Severity::warning,
             .resource = balancer->address,
             .message = "Clients send tokens in the query of a WebSocket, and the access log keeps queries.",
             .fix = "Tickets of one use, and access logs off or gone after 7 days."});
    }
}

void check_sources(const Subject& subject, Findings& findings) {
    if (subject.sources == nullptr) return;
    if (subject.sources->backend() != "s3" || !subject.sources->locks_state())
        findings.push_back({.rule = "C25",
                            .severity = Severity::warning,
                            .message = "The state lies in a file on one machine, or two may write it at once.",
                            .fix = "backend \"s3\" with use_lockfile = true, in a bucket with versions."});
    for (const auto& file : subject.sources->unencoded_passwords())
        findings.push_back({.rule = "app.url-encoded",
                            .message = fmt::format(
                                "{} puts a password into a URL as it is: one with @, / or % makes another URL.", file),
                            .fix = "urlencode(password)."});
    if (!subject.plan.of("aws_appautoscaling_target").empty() && !subject.sources->ignores_changes_of("desired_count"))
        findings.push_back({.rule = "scale.drift",
                            .severity = Severity::warning,
                            .message = "Each apply sets the count of tasks back to what it was before it was scaled.",
                            .fix = "lifecycle { ignore_changes = [desired_count] } in the service."});
}

}  // namespace slipway::deploy
