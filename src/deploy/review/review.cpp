#include "deploy/review/review.h"

#include <algorithm>

#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

std::string action_of(const Resource& resource) {
    if (resource.actions.size() == 2) return "replace";
    return resource.actions.empty() ? "create" : resource.actions.front();
}

void note_change(Review& review, const Resource& resource) {
    const auto action = action_of(resource);
    ++review.actions[action];
    if (action != "no-op" && action != "read") review.changes.emplace_back(resource.address, std::vector{action});
}

// What applying would take away that holds data.
void check_losses(const Plan& plan, Findings& findings) {
    static const std::set<std::string_view> kHoldData{"aws_db_instance",
                                                      "aws_rds_cluster",
                                                      "aws_s3_bucket",
                                                      "aws_efs_file_system",
                                                      "aws_elasticache_replication_group",
                                                      "aws_secretsmanager_secret",
                                                      "aws_sqs_queue"};
    const auto look_at = [&](const Resource& resource, std::string_view action) {
        if (!kHoldData.contains(resource.type)) return;
        findings.push_back({.rule = "plan.loss",
                            .severity = Severity::warning,
                            .resource = resource.address,
                            .message = fmt::format("It would be {}, with what it holds.", action),
                            .fix = "Copy or back up first; or find out which argument asks for it."});
    };
    for (const auto& resource : plan.removed()) look_at(resource, "deleted");
    for (const auto& resource : plan.resources())
        if (resource.actions.size() == 2) look_at(resource, "replaced");
}

void append(Findings& to, Findings more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

std::size_t Review::count(Severity severity) const {
    return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

Review review(const Plan& plan, const ReviewInput& input) {
    Review result{.stack = input.stack,
                  .environment = input.environment,
                  .region = plan.region(),
                  .price = price(plan, input.traffic),
                  .budget = input.budget,
                  .estimate = input.estimate};
    for (const auto& resource : plan.resources())
        if (!resource.data) note_change(result, resource);
    for (const auto& resource : plan.removed()) note_change(result, resource);
    result.findings = check_policy(plan, input.environment == "prod");
    append(result.findings, result.price.findings);
    append(result.findings, check_contradictions({.plan = plan,
                                                  .price = result.price,
                                                  .budget = input.budget,
                                                  .budget_binds = input.environment == "economy",
                                                  .estimate = result.estimate ? &*result.estimate : nullptr,
                                                  .sources = input.sources,
                                                  .application = input.application}));
    check_losses(plan, result.findings);
    apply_waivers(input.waivers, input.stack, input.today, result.findings);
    sort(result.findings);
    return result;
}

}  // namespace slipway::deploy
