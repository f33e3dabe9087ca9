#include "deploy/registration/registration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace slipway::deploy {
namespace {

// The provider's name of a value, and ECS's.
struct Named {
    std::string_view in_plan, in_api;
    std::string_view stands_in;  // for a value that is known only later
};
constexpr std::array<Named, 8> kTexts{{{"family", "family", "FAMILY"},
                                       {"network_mode", "networkMode", ""},
                                       {"cpu", "cpu", ""},
                                       {"memory", "memory", ""},
                                       {"execution_role_arn", "executionRoleArn", "EXECUTION_ROLE_ARN"},
                                       {"task_role_arn", "taskRoleArn", "TASK_ROLE_ARN"},
                                       {"pid_mode", "pidMode", ""},
                                       {"ipc_mode", "ipcMode", ""}}};

bool comes_later(const json::object* unknown, std::string_view key) {
    return unknown != nullptr && bool_or(*unknown, key, false);
}

const json::object* unknown_block(const json::object* unknown, std::string_view key, std::size_t index) {
    const auto* list = unknown == nullptr ? nullptr : array_in(*unknown, key);
    return list == nullptr || index >= list->size() ? nullptr : (*list)[index].if_object();
}

// What is written into `told` under the API's name: the value, or the word that stands for it.
void put(json::object& told, std::vector<std::string>& to_fill_in, const Named& named, const json::object& values,
         const json::object* unknown) {
    const auto* value = find(values, named.in_plan);
    std::string text;
    if (value != nullptr && value->is_string()) text = to_text(value->get_string());
    if (value != nullptr && value->is_number()) text = fmt::format("{:.0f}", number_in(values, named.in_plan, 0));
    if (text.empty() && comes_later(unknown, named.in_plan) && !named.stands_in.empty()) {
        text = named.stands_in;
        to_fill_in.push_back(text);
    }
    if (!text.empty()) told[named.in_api] = text;
}

json::object efs_of(const json::object& block, const json::object* unknown, std::vector<std::string>& to_fill_in) {
    json::object efs;
    put(efs, to_fill_in, {"file_system_id", "fileSystemId", "EFS_FILE_SYSTEM_ID"}, block, unknown);
    put(efs, to_fill_in, {"transit_encryption", "transitEncryption", ""}, block, unknown);
    if (const auto root = text_or(block, "root_directory"); !root.empty() && root != "/") efs["rootDirectory"] = root;
    const auto grants = blocks_in(block, "authorization_config");
    if (grants.empty()) return efs;
    json::object grant;
    put(grant, to_fill_in, {"access_point_id", "accessPointId", "EFS_ACCESS_POINT_ID"}, *grants.front(),
        unknown_block(unknown, "authorization_config", 0));
    put(grant, to_fill_in, {"iam", "iam", ""}, *grants.front(), nullptr);
    efs["authorizationConfig"] = std::move(grant);
    return efs;
}

json::array volumes_of(const Resource& task, std::vector<std::string>& to_fill_in) {
    json::array volumes;
    const auto blocks = task.blocks("volume");
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        json::object volume{{"name", text_or(*blocks[i], "name")}};
        const auto* unknown = unknown_block(task.unknown, "volume", i);
        if (const auto efs = blocks_in(*blocks[i], "efs_volume_configuration"); !efs.empty())
            volume["efsVolumeConfiguration"] =
                efs_of(*efs.front(), unknown_block(unknown, "efs_volume_configuration", 0), to_fill_in);
        volumes.push_back(std::move(volume));
    }
    return volumes;
}

// Names without a value: it comes later.
void fill_pairs(json::object& container, std::string_view list, std::string_view value, std::string_view word,
                std::vector<std::string>& to_fill_in) {
    const auto found = container.find(list);
    if (found == container.end() || !found->value().is_array()) return;
    for (auto& each : found->value().get_array()) {
        auto* pair = each.if_object();
        if (pair == nullptr || find(*pair, value) != nullptr) continue;
        const auto standing_in = fmt::format("{}{}", word, text_or(*pair, "name"));
        (*pair)[value] = standing_in;
        to_fill_in.push_back(standing_in);
    }
}

void put_blocks(json::object& told, const Resource& task) {
    if (const auto* platform = task.block("runtime_platform"))
        told["runtimePlatform"] =
            json::object{{"cpuArchitecture", text_or(*platform, "cpu_architecture", "X86_64")},
                         {"operatingSystemFamily", text_or(*platform, "operating_system_family", "LINUX")}};
    if (const auto* storage = task.block("ephemeral_storage"))
        told["ephemeralStorage"] = json::object{{"sizeInGiB", std::llround(number_in(*storage, "size_in_gib", 0))}};
}

// In a state the service names its task by ARN, and the one that runs may be a later revision of the family.
const Resource* task_by_family(const Plan& plan, const Resource& service) {
    auto family = service.text("task_definition");
    family.remove_prefix(std::min(family.rfind('/') + 1, family.size()));
    family = family.substr(0, family.find(':'));
    for (const auto* task : plan.of("aws_ecs_task_definition"))
        if (!family.empty() && task->text("family") == family) return task;
    return nullptr;
}

std::string cluster_of(const Plan& plan, const Resource& service) {
    const auto clusters = plan.referred(service, "cluster", "aws_ecs_cluster");
    if (!clusters.empty()) return std::string(clusters.front()->text("name"));
    const auto arn = service.text("cluster");
    return arn.empty() ? "CLUSTER" : std::string(arn.substr(arn.rfind('/') + 1));
}

std::string shell_word(std::string_view text) {
    const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./:=,@").find(c) != std::string_view::npos;
    });
    return plain ? std::string(text) : "'" + replace_all(std::string(text), "'", R"('\'')") + "'";
}

std::string listed(const json::object& block, std::string_view key, std::string_view word) {
    const auto texts = texts_in(block, key);
    return texts.empty() ? std::string(word) : join(texts, ",");
}

std::string network_of(const Service& service) {
    const auto* network = service.resource->block("network_configuration");
    if (network == nullptr) return "";
    const auto text = fmt::format("awsvpcConfiguration={{subnets=[{}],securityGroups=[{}],assignPublicIp={}}}",
                                  listed(*network, "subnets", "SUBNET_IDS"),
                                  listed(*network, "security_groups", "SECURITY_GROUP_IDS"),
                                  bool_or(*network, "assign_public_ip", false) ? "ENABLED" : "DISABLED");
    return " --network-configuration " + shell_word(text);
}

std::string balancers_of(const Service& service) {
    std::string options;
    for (const auto* balancer : service.resource->blocks("load_balancer"))
        options += " " + shell_word(fmt::format("targetGroupArn={},containerName={},containerPort={:.0f}",
                                                text_or(*balancer, "target_group_arn", "TARGET_GROUP_ARN"),
                                                text_or(*balancer, "container_name"),
                                                number_in(*balancer, "container_port", 0)));
    return options.empty() ? options : " --load-balancers" + options;
}

// On demand alone is the launch type; anything with Spot names its providers.
std::string launch_of(const Service& service) {
    std::string strategy;
    bool spot = false;
    for (const auto* part : service.resource->blocks("capacity_provider_strategy")) {
        const auto provider = text_or(*part, "capacity_provider");
        spot = spot || provider != "FARGATE";
        strategy += fmt::format(" capacityProvider={},weight={:.0f},base={:.0f}", provider,
                                number_in(*part, "weight", 0), number_in(*part, "base", 0));
    }
    if (spot) return " --capacity-provider-strategy" + strategy;
    const auto launch = service.resource->text("launch_type");
    return fmt::format(" --launch-type {}", launch.empty() ? "FARGATE" : launch);
}

std::string rollout_of(const Service& service) {
    const auto& resource = *service.resource;
    std::vector<std::string> parts;
    if (const auto* breaker = resource.block("deployment_circuit_breaker"))
        parts.push_back(fmt::format("deploymentCircuitBreaker={{enable={},rollback={}}}",
                                    bool_or(*breaker, "enable", false), bool_or(*breaker, "rollback", false)));
    if (resource.given("deployment_minimum_healthy_percent"))
        parts.push_back(
            fmt::format("minimumHealthyPercent={}", resource.integer("deployment_minimum_healthy_percent", 100)));
    if (resource.given("deployment_maximum_percent"))
        parts.push_back(fmt::format("maximumPercent={}", resource.integer("deployment_maximum_percent", 200)));
    return parts.empty() ? "" : " --deployment-configuration " + shell_word(join(parts, ","));
}

}  // namespace

Result<Service> service_named(const Plan& plan, std::string_view name) {
    std::vector<Service> found;
    std::vector<std::string> names;
    for (auto& service : services_of(plan)) {
        if (service.task == nullptr) service.task = task_by_family(plan, *service.resource);
        if (service.task == nullptr) continue;
        const std::string called(service.resource->text("name"));
        names.push_back(called);
        if (name.empty() || name == called || name == service.task->text("family")) found.push_back(service);
    }
    if (found.size() == 1) return found.front();
    if (names.empty()) return fail(ErrorCode::invalid, "The plan has no service of ECS whose task it shows.");
    return fail(ErrorCode::invalid, "Say with --service which one: {}.", join(names, ", "));
}

Result<Registration> registration_of(const Plan& plan, const Resource& task) {
    Registration registration;
    auto& told = registration.definition;
    for (const auto& named : kTexts) put(told, registration.to_fill_in, named, *task.values, task.unknown);
    json::array containers;
    for (auto& container : containers_of(plan, task)) {
        fill_pairs(container.definition, "secrets", "valueFrom", "SECRET_ARN_OF_", registration.to_fill_in);
        fill_pairs(container.definition, "environment", "value", "VALUE_OF_", registration.to_fill_in);
        containers.push_back(std::move(container.definition));
    }
    if (containers.empty())
        return fail(ErrorCode::invalid,
                    "The plan does not show the containers of {}: they are known only after it is applied. Give the "
                    "state instead (`terraform show -json`), or show them in a terraform_data named containers.",
                    task.address);
    told["containerDefinitions"] = std::move(containers);
    told["volumes"] = volumes_of(task, registration.to_fill_in);
    json::array compatibilities;
    for (const auto& each : task.texts("requires_compatibilities")) compatibilities.emplace_back(each);
    told["requiresCompatibilities"] = std::move(compatibilities);
    put_blocks(told, task);
    std::ranges::sort(registration.to_fill_in);
    const auto twice = std::ranges::unique(registration.to_fill_in);
    registration.to_fill_in.erase(twice.begin(), twice.end());
    return registration;
}

std::vector<std::string> aws_commands(const Plan& plan, const Service& service, std::string_view file) {
    const auto& resource = *service.resource;
    const auto cluster = cluster_of(plan, resource);
    const auto launch = launch_of(service);
    const std::string providers =
        launch.find("SPOT") != std::string::npos ? " --capacity-providers FARGATE FARGATE_SPOT" : "";
    // A service that waits for its first image wants none; its tag says how many it will.
    auto count = resource.integer("desired_count");
    if (const auto* tags = object_in(*resource.values, "tags"); count == 0 && tags != nullptr)
        count = static_cast<std::int64_t>(number_in(*tags, "DesiredCount", 0));
    const auto family = service.task->text("family");
    std::vector<std::string> commands;
    commands.push_back(fmt::format("aws ecs create-cluster --cluster-name {}{}", shell_word(cluster), providers));
    commands.push_back(fmt::format("aws ecs register-task-definition --cli-input-json {}",
                                   shell_word(fmt::format("file://{}", file))));
    commands.push_back(fmt::format(
        "aws ecs create-service --cluster {} --service-name {} --task-definition {}:1 --desired-count {}{}{}{}{}",
        shell_word(cluster), shell_word(resource.text("name")), shell_word(family), count, launch, network_of(service),
        balancers_of(service), rollout_of(service)));
    return commands;
}

}  // namespace slipway::deploy
