// Logs, alarms, images, machines, budget.
#include <algorithm>
#include <array>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

bool forgets(const Audit&, const Resource& group) { return group.number("retention_in_days") > 0; }
bool has_own_key(const Audit&, const Resource& one) { return one.given("kms_key_id"); }
bool tells_somebody(const Audit&, const Resource& alarm) {
    return alarm.flag("actions_enabled", true) && (alarm.given("alarm_actions") || alarm.given("ok_actions"));
}
bool knows_silence(const Audit&, const Resource& alarm) {
    const auto choice = alarm.text("treat_missing_data");
    return !choice.empty() && choice != "missing";
}

bool keeps_tags(const Audit&, const Resource& repository) {
    return repository.text("image_tag_mutability").starts_with("IMMUTABLE");
}

bool is_scanned(const Audit& audit, const Resource& repository) {
    const auto* scan = repository.block("image_scanning_configuration");
    return (scan != nullptr && bool_or(*scan, "scan_on_push", false)) ||
           !audit.plan.of("aws_ecr_registry_scanning_configuration").empty();
}

bool is_cleared(const Audit& audit, const Resource& repository) {
    return !audit.plan.referring(repository, "aws_ecr_lifecycle_policy", "repository").empty();
}

bool has_repository_key(const Audit&, const Resource& repository) {
    const auto* encryption = repository.block("encryption_configuration");
    return encryption != nullptr && text_or(*encryption, "encryption_type").starts_with("KMS");
}

bool each_metadata(const Resource& machine, bool (*fits)(const json::object& options)) {
    const auto* options = machine.block("metadata_options");
    return options != nullptr && fits(*options);
}

bool asks_for_tokens(const Audit&, const Resource& machine) {
    return each_metadata(machine,
                         [](const json::object& options) { return text_or(options, "http_tokens") == "required"; });
}

bool ends_at_machine(const Audit&, const Resource& machine) {
    return each_metadata(
        machine, [](const json::object& options) { return number_in(options, "http_put_response_hop_limit", 1) <= 1; });
}

bool has_budget(const Audit& audit, const Resource&) { return !audit.plan.of("aws_budgets_budget").empty(); }
bool watches_costs(const Audit& audit, const Resource&) { return !audit.plan.of("aws_ce_anomaly_monitor").empty(); }

constexpr std::string_view kMachines = "aws_instance aws_launch_template";
constexpr std::array<Rule, 12> kRules{{
    {"log.retention", "aws_cloudwatch_log_group", warning, error, forgets, "The log is kept, and paid for, for ever.",
     "retention_in_days."},
    {"log.key", "aws_cloudwatch_log_group", note, note, has_own_key,
     "CloudWatch's own key encrypts it, not one of the account.", "kms_key_id where rules ask for it."},
    {"alarm.actions", "aws_cloudwatch_metric_alarm", note, warning, tells_somebody, "The alarm tells nobody.",
     "alarm_actions with a topic."},
    {"alarm.missing-data", "aws_cloudwatch_metric_alarm", warning, warning, knows_silence,
     "What silence means is not said.", "treat_missing_data = \"notBreaching\" or \"breaching\"."},
    {"ecr.immutable", "aws_ecr_repository", warning, error, keeps_tags, "A tag may name another image tomorrow.",
     "image_tag_mutability = \"IMMUTABLE\", or IMMUTABLE_WITH_EXCLUSION for latest."},
    {"ecr.scan", "aws_ecr_repository", warning, warning, is_scanned, "Images are not scanned.",
     "image_scanning_configuration { scan_on_push = true }."},
    {"ecr.lifecycle", "aws_ecr_repository", note, warning, is_cleared, "Old images are paid for, for ever.",
     "aws_ecr_lifecycle_policy."},
    {"ecr.key", "aws_ecr_repository", note, note, has_repository_key, "AWS's own key encrypts the images.",
     "encryption_configuration { encryption_type = \"KMS\" } where rules ask for it."},
    {"imds.tokens", kMachines, error, error, asks_for_tokens,
     "A request that the machine is tricked into reads its credentials.",
     "metadata_options { http_tokens = \"required\" }."},
    {"imds.hops", kMachines, warning, warning, ends_at_machine, "Containers on the machine read its credentials.",
     "metadata_options { http_put_response_hop_limit = 1 }."},
    {"budget.alert", "stack", note, warning, has_budget, "Nobody is told when money runs away.",
     "aws_budgets_budget with notifications at 80 and 100 %."},
    {"budget.anomaly", "stack", note, note, watches_costs, "What costs more than usual is not noticed.",
     "aws_ce_anomaly_monitor and a subscription, once in an account."},
}};

}  // namespace

std::span<const Rule> operation_rules() { return kRules; }

}  // namespace slipway::deploy
