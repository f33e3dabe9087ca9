// IAM, OIDC of GitHub, secrets, keys, parameters.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "deploy/policy/policy_document.h"
#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

constexpr std::string_view kPolicies = "aws_iam_role_policy aws_iam_policy";
constexpr std::string_view kGitHub = "token.actions.githubusercontent.com";

// Actions that know no resource narrower than *.
bool knows_no_resource(std::string_view action) {
    static constexpr std::array<std::string_view, 16> kWithout{
        "ecr:GetAuthorizationToken",  "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",   "xray:GetSamplingRules",
        "xray:GetSamplingTargets",    "cloudwatch:PutMetricData",
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces",
        "ec2:DeleteNetworkInterface", "ec2:Describe*",
        "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition",
        "sts:GetCallerIdentity",      "ecs:DeregisterTaskDefinition",
        "cloudfront:List*",           "ecs:ListTasks"};
    return std::ranges::any_of(kWithout, [&](std::string_view one) { return matches(one, action); });
}

bool each_statement(const Resource& policy, bool (*fits)(const Statement& statement)) {
    return std::ranges::all_of(statements_of(policy.text("policy")),
                               [&](const Statement& one) { return !one.allow || fits(one); });
}

bool names_actions(const Audit&, const Resource& policy) {
    return each_statement(policy, [](const Statement& one) {
        return std::ranges::none_of(one.actions,
                                    [](const std::string& action) { return action == "*" || action.ends_with(":*"); });
    });
}

bool names_resources(const Audit&, const Resource& policy) {
    return each_statement(policy, [](const Statement& one) {
        return !holds(one.resources, std::string("*")) || one.has_condition() ||
               std::ranges::all_of(one.actions, [](const std::string& action) { return knows_no_resource(action); });
    });
}

bool passes_named_roles(const Audit&, const Resource& policy) {
    return each_statement(policy, [](const Statement& one) {
        const bool passes =
            std::ranges::any_of(one.actions, [](const std::string& a) { return matches(a, "iam:PassRole"); });
        const bool any =
            std::ranges::any_of(one.resources, [](const std::string& r) { return r == "*" || r.ends_with(":role/*"); });
        return !passes || !any;
    });
}

bool is_of_services(const Audit&, const Resource& role) {
    return std::ranges::all_of(statements_of(role.text("assume_role_policy")), [](const Statement& one) {
        return std::ranges::none_of(one.principals, [](const std::string& who) { return who == "*"; });
    });
}

// Services that act for any account: without the condition another account's task could borrow the role.
bool is_not_confused(const Audit&, const Resource& role) {
    return std::ranges::all_of(statements_of(role.text("assume_role_policy")), [](const Statement& one) {
        const bool service = std::ranges::any_of(one.principals, [](const std::string& who) {
            return who == "Service:ecs-tasks.amazonaws.com" || who == "Service:scheduler.amazonaws.com" ||
                   who == "Service:rds.amazonaws.com";
        });
        return !service || !one.condition("aws:SourceAccount").empty() || !one.condition("aws:SourceArn").empty();
    });
}

bool is_of_github(const Statement& one) {
    return std::ranges::any_of(
               one.principals,
               [](const std::string& who) { return who.starts_with("Federated:") && who.contains(kGitHub); }) ||
           !one.condition(fmt::format("{}:sub", kGitHub)).empty();
}

bool asks_for_audience(const Audit&, const Resource& role) {
    return std::ranges::all_of(statements_of(role.text("assume_role_policy")), [](const Statement& one) {
        return !is_of_github(one) ||
               one.condition(fmt::format("{}:aud", kGitHub)) == std::vector<std::string>{"sts.amazonaws.com"};
    });
}

// "repo:owner/name:ref:refs/heads/main", "repo:owner/name:environment:production"
bool is_pinned(const std::string& subject) {
    const auto parts = split(subject, ':');
    return parts.size() >= 4 && parts[0] == "repo" && !parts[1].contains('*') && parts[1].contains('/') &&
           (parts[2] == "environment" || parts[2] == "ref") && !parts[3].contains('*');
}

bool asks_for_subject(const Audit&, const Resource& role) {
    return std::ranges::all_of(statements_of(role.text("assume_role_policy")), [](const Statement& one) {
        if (!is_of_github(one)) return true;
        const auto subjects = one.condition(fmt::format("{}:sub", kGitHub));
        return !subjects.empty() && std::ranges::all_of(subjects, is_pinned);
    });
}

bool has_no_keys(const Audit& audit, const Resource&) { return audit.plan.of("aws_iam_access_key").empty(); }

bool rotates(const Audit& audit, const Resource& secret) {
    return !audit.plan.referring(secret, "aws_secretsmanager_secret_rotation", "secret_id").empty();
}

bool has_own_key(const Audit&, const Resource& secret) {
    return secret.given("kms_key_id") || secret.given("key_id") ||
           (secret.is("aws_ssm_parameter") && secret.text("type") != "SecureString");
}

bool keeps_value_out(const Audit&, const Resource& version) {
    return !version.given("secret_string") && !version.given("secret_binary");
}

bool is_closed(const Audit&, const Resource& policy) {
    return std::ranges::none_of(statements_of(policy.text("policy")), [](const Statement& one) {
        return one.allow && holds(one.principals, std::string("*")) && !one.has_condition();
    });
}

bool is_secure(const Audit&, const Resource& parameter) {
    const auto name = parameter.text("name");
    const bool secret =
        name.contains("key") || name.contains("secret") || name.contains("password") || name.contains("token");
    return !secret || name.ends_with("arn") || parameter.text("type") == "SecureString";
}

bool turns(const Audit&, const Resource& key) {
    return key.flag("enable_key_rotation") || key.text("customer_master_key_spec").starts_with("RSA");
}

bool logs_models(const Audit& audit, const Resource& policy) {
    const auto statements = statements_of(policy.text("policy"));
    const bool calls = std::ranges::any_of(statements, [](const Statement& one) {
        return std::ranges::any_of(one.actions,
                                   [](const std::string& action) { return action.starts_with("bedrock:"); });
    });
    return !calls || !audit.plan.of("aws_bedrock_model_invocation_logging_configuration").empty();
}

constexpr std::array<Rule, 16> kRules{{
    {"iam.action", kPolicies, error, error, names_actions, "A policy allows all actions of a service.",
     "Name the actions that are called."},
    {"iam.resource", kPolicies, warning, error, names_resources, "A policy allows its actions on everything.",
     "Name the ARNs; only actions that know no resource take *."},
    {"iam.pass-role", kPolicies, error, error, passes_named_roles,
     "Whoever has this policy may give any role to a service.", "iam:PassRole on the two roles of the task alone."},
    {"iam.trust", "aws_iam_role", error, error, is_of_services, "Anybody may take the role.",
     "Name a service or a provider as principal."},
    {"iam.confused-deputy", "aws_iam_role", note, warning, is_not_confused,
     "The role does not say for which account its service acts.",
     "Condition StringEquals aws:SourceAccount (or ArnLike aws:SourceArn)."},
    {"oidc.audience", "aws_iam_role", error, error, asks_for_audience, "Tokens of GitHub for others are taken too.",
     "Condition StringEquals token.actions.githubusercontent.com:aud = sts.amazonaws.com."},
    {"oidc.subject", "aws_iam_role", error, error, asks_for_subject,
     "Other repositories or branches may take the role.",
     "Condition on token.actions.githubusercontent.com:sub = repo:OWNER/NAME:environment:NAME, without a star."},
    {"iam.no-keys", "stack", error, error, has_no_keys, "The stack makes access keys, which come to lie in the state.",
     "Roles and OIDC instead."},
    {"secret.rotation", "aws_secretsmanager_secret", note, note, rotates, "Nothing rotates it.",
     "aws_secretsmanager_secret_rotation, or the hand's way in docs/deploy.md every 90 days."},
    {"secret.key", "aws_secretsmanager_secret aws_ssm_parameter", note, warning, has_own_key,
     "AWS's own key encrypts it: nobody can say who may use the key, and take it away.",
     "kms_key_id (key_id of a parameter) with an aws_kms_key, 1 $ a month."},
    {"secret.state", "aws_secretsmanager_secret_version", error, error, keeps_value_out,
     "The value comes to lie in the state.", "secret_string_wo with secret_string_wo_version, or a value set by hand."},
    {"secret.public",
     "aws_secretsmanager_secret_policy aws_sqs_queue_policy aws_ecr_repository_policy aws_kms_key_policy "
     "aws_sns_topic_policy",
     error, error, is_closed, "Its policy lets anybody in.", "Name principals, or add a condition."},
    {"parameter.secure", "aws_ssm_parameter", error, error, is_secure, "A secret lies there in clear.",
     "type = \"SecureString\"."},
    {"key.rotation", "aws_kms_key", warning, error, turns, "The key never changes.", "enable_key_rotation = true."},
    {"key.public", "aws_kms_key", error, error, is_closed, "Anybody may use the key.",
     "Name the account's principals."},
    {"bedrock.logging", kPolicies, note, warning, logs_models, "What models are asked is not kept.",
     "aws_bedrock_model_invocation_logging_configuration."},
}};

}  // namespace

std::span<const Rule> identity_rules() { return kRules; }

}  // namespace slipway::deploy
