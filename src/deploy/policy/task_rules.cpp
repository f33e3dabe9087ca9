#include <algorithm>
#include <array>

#include "deploy/plan/tasks.h"
#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

// What cannot be read from the plan is not held against it: plan.containers says so once.
bool each_container(const Audit& audit, const Resource& task, bool (*fits)(const json::object& container)) {
    return std::ranges::all_of(containers_of(audit.plan, task),
                               [&](const Container& one) { return fits(one.definition); });
}

bool shows_containers(const Audit& audit, const Resource& task) { return !containers_of(audit.plan, task).empty(); }

bool is_not_root(const Audit& audit, const Resource& task) {
    return each_container(audit, task, [](const json::object& container) {
        const auto user = text_or(container, "user");
        return !user.empty() && user != "root" && user != "0" && !user.starts_with("0:") && !user.starts_with("root:");
    });
}

bool is_read_only(const Audit& audit, const Resource& task) {
    return each_container(
        audit, task, [](const json::object& container) { return bool_or(container, "readonlyRootFilesystem", false); });
}

bool is_unprivileged(const Audit& audit, const Resource& task) {
    return task.text("pid_mode") != "host" && task.text("network_mode") != "host" &&
           each_container(audit, task,
                          [](const json::object& container) { return !bool_or(container, "privileged", false); });
}

bool has_two_roles(const Audit& audit, const Resource& task) {
    const auto one = audit.plan.referred(task, "task_role_arn", "aws_iam_role");
    const auto other = audit.plan.referred(task, "execution_role_arn", "aws_iam_role");
    if (!task.given("task_role_arn") || !task.given("execution_role_arn")) return false;
    return one.empty() || other.empty() || one != other;
}

bool encrypts_files(const Audit&, const Resource& task) {
    return std::ranges::all_of(task.blocks("volume"), [](const json::object* volume) {
        const auto blocks = blocks_in(*volume, "efs_volume_configuration");
        return std::ranges::all_of(
            blocks, [](const json::object* efs) { return text_or(*efs, "transit_encryption") == "ENABLED"; });
    });
}

bool logs(const Audit& audit, const Resource& task) {
    return each_container(
        audit, task, [](const json::object& container) { return object_in(container, "logConfiguration") != nullptr; });
}

bool logs_without_waiting(const Audit& audit, const Resource& task) {
    return each_container(audit, task, [](const json::object& container) {
        const auto* configuration = object_in(container, "logConfiguration");
        const auto* options = configuration != nullptr ? object_in(*configuration, "options") : nullptr;
        return options == nullptr || text_or(*options, "mode") == "non-blocking";
    });
}

bool names_digest(const Audit& audit, const Resource& task) {
    return each_container(audit, task, [](const json::object& container) {
        const auto image = text_or(container, "image");
        return image.contains("@sha256:") || (!image.contains('/') && !image.contains(':'));
    });
}

bool has_no_address(const Audit&, const Resource& service) {
    const auto* network = service.block("network_configuration");
    return network == nullptr || !bool_or(*network, "assign_public_ip", false);
}

bool is_current(const Audit&, const Resource& service) {
    const auto version = service.text("platform_version");
    return version.empty() || version == "LATEST" || version >= "1.4.0";
}

bool has_insights(const Audit&, const Resource& cluster) {
    return std::ranges::any_of(cluster.blocks("setting"), [](const json::object* setting) {
        return text_or(*setting, "name") == "containerInsights" && text_or(*setting, "value").starts_with("en");
    });
}

bool records_shells(const Audit& audit, const Resource& service) {
    if (!service.flag("enable_execute_command")) return true;
    const auto clusters = audit.plan.referred(service, "cluster", "aws_ecs_cluster");
    return std::ranges::all_of(clusters, [](const Resource* cluster) {
        const auto* configuration = cluster->block("configuration");
        return configuration != nullptr && !blocks_in(*configuration, "execute_command_configuration").empty();
    });
}

constexpr std::array<Rule, 13> kRules{{
    {"ecs.containers", "aws_ecs_task_definition", warning, warning, shows_containers,
     "The containers cannot be read from the plan, so nothing is checked of them.",
     "Show them beside: a terraform_data named containers in the same module with the same key, whose input is the "
     "list "
     "that jsonencode gets."},
    {"ecs.non-root", "aws_ecs_task_definition", warning, error, is_not_root, "A container runs as root.",
     "user = \"65532:65532\"."},
    {"ecs.read-only", "aws_ecs_task_definition", warning, error, is_read_only,
     "A container may write into its own root file system.",
     "readonlyRootFilesystem = true, and a volume for what it writes."},
    {"ecs.privileged", "aws_ecs_task_definition", error, error, is_unprivileged,
     "A container is privileged, or sees the host's processes or network.",
     "Remove privileged, pid_mode and host networking."},
    {"ecs.roles", "aws_ecs_task_definition", error, error, has_two_roles,
     "The role that starts the task and the role that it acts as are not two.",
     "One aws_iam_role for execution_role_arn (image, logs, secrets), another for task_role_arn."},
    {"ecs.transit", "aws_ecs_task_definition", error, error, encrypts_files, "Files travel to EFS unencrypted.",
     "transit_encryption = \"ENABLED\"."},
    {"ecs.logging", "aws_ecs_task_definition", error, error, logs, "A container's output goes nowhere.",
     "logConfiguration with awslogs."},
    {"ecs.non-blocking", "aws_ecs_task_definition", note, warning, logs_without_waiting,
     "A container stops when its log cannot be written.", "logConfiguration.options.mode = \"non-blocking\"."},
    {"ecs.digest", "aws_ecs_task_definition", note, warning, names_digest,
     "An image is named by a tag, which may name another one tomorrow.", "NAME@sha256:…"},
    {"ecs.public-address", "aws_ecs_service", note, warning, has_no_address, "The tasks have public addresses.",
     "assign_public_ip = false in private subnets; where a NAT costs more than it is worth, a waiver."},
    {"ecs.platform", "aws_ecs_service", warning, warning, is_current, "The platform of Fargate is an old one.",
     "platform_version = \"LATEST\", or 1.4.0 at least."},
    {"ecs.insights", "aws_ecs_cluster", note, warning, has_insights, "There are no figures by task.",
     "setting { name = \"containerInsights\", value = \"enabled\" }."},
    {"ecs.shells", "aws_ecs_service", warning, error, records_shells, "Who opens a shell in a task leaves no trace.",
     "enable_execute_command = false, or execute_command_configuration with logging in the cluster."},
}};

}  // namespace

std::span<const Rule> task_rules() { return kRules; }

}  // namespace slipway::deploy
