#include "deploy/plan/tasks.h"

#include <algorithm>
#include <cmath>

namespace slipway::deploy {
namespace {

constexpr JsonLimits kContainersLimits{.depth_max = 32, .bytes_max = 1 << 20};

std::map<std::string, std::string> pairs(const json::object& definition, std::string_view key, std::string_view value) {
    std::map<std::string, std::string> found;
    for (const auto* one : blocks_in(definition, key)) found.emplace(text_or(*one, "name"), text_or(*one, value));
    return found;
}

void read_containers(const json::value& list, std::vector<Container>& containers) {
    if (const auto* array = list.if_array())
        for (const auto& one : *array)
            if (const auto* object = one.if_object()) containers.push_back({*object});
}

// Fargate on demand and Spot: `base` tasks of each first, the rest by weight.
void split_by_providers(const std::vector<const json::object*>& strategy, double count, Service& service) {
    double left = count, weights = 0;
    for (const auto* part : strategy) weights += number_in(*part, "weight", 0);
    for (const auto* part : strategy) {
        const auto base = std::min(left, number_in(*part, "base", 0));
        (text_or(*part, "capacity_provider") == "FARGATE_SPOT" ? service.spot : service.on_demand) += base;
        left -= base;
    }
    for (const auto* part : strategy) {
        const auto share = weights > 0 ? left * number_in(*part, "weight", 0) / weights : 0;
        (text_or(*part, "capacity_provider") == "FARGATE_SPOT" ? service.spot : service.on_demand) += share;
    }
}

// "service/cluster/name" of aws_appautoscaling_target.
bool scales(const Plan& plan, const Resource& target, const Resource& service) {
    const auto id = target.text("resource_id");
    if (!id.empty()) return id.substr(id.rfind('/') + 1) == service.text("name");
    return holds(plan.referred(target, "resource_id"), &service);
}

// A service whose image is not known yet has none; its tag DesiredCount says how many there will be.
double desired_count(const Resource& service) {
    const auto count = service.number("desired_count");
    const auto* tags = object_in(*service.values, "tags");
    return count > 0 || tags == nullptr ? count : number_in(*tags, "DesiredCount", 0);
}

void count_tasks(const Plan& plan, Service& service) {
    const auto& resource = *service.resource;
    double count = desired_count(resource);
    service.most = count;
    for (const auto* target : plan.of("aws_appautoscaling_target"))
        if (scales(plan, *target, resource)) {
            count = count > 0 ? std::max(count, target->number("min_capacity")) : 0;
            service.most = std::max(service.most, target->number("max_capacity"));
        }
    auto strategy = resource.blocks("capacity_provider_strategy");
    if (strategy.empty() && resource.text("launch_type").empty())
        for (const auto* cluster : plan.referred(resource, "cluster", "aws_ecs_cluster"))
            for (const auto* providers : plan.referring(*cluster, "aws_ecs_cluster_capacity_providers", "cluster_name"))
                strategy = providers->blocks("default_capacity_provider_strategy");
    if (strategy.empty())
        service.on_demand = count;
    else
        split_by_providers(strategy, count, service);
}

}  // namespace

std::vector<int> Container::ports() const {
    std::vector<int> ports;
    for (const auto* mapping : blocks_in(definition, "portMappings"))
        ports.push_back(static_cast<int>(number_in(*mapping, "containerPort", 0)));
    return ports;
}

std::map<std::string, std::string> Container::environment() const { return pairs(definition, "environment", "value"); }
std::map<std::string, std::string> Container::secrets() const { return pairs(definition, "secrets", "valueFrom"); }

std::vector<Container> containers_of(const Plan& plan, const Resource& task) {
    std::vector<Container> containers;
    if (const auto text = task.text("container_definitions"); !text.empty()) {
        if (const auto parsed = parse_json(text, kContainersLimits)) read_containers(*parsed, containers);
        return containers;
    }
    for (const auto* shown : plan.of("terraform_data"))
        if (shown->name == "containers" && shown->module == task.module && shown->index == task.index)
            if (const auto* input = slipway::find(*shown->values, "input")) read_containers(*input, containers);
    return containers;
}

std::vector<Service> services_of(const Plan& plan) {
    std::vector<Service> services;
    for (const auto* resource : plan.of("aws_ecs_service")) {
        Service service{.resource = resource};
        const auto tasks = plan.referred(*resource, "task_definition", "aws_ecs_task_definition");
        if (!tasks.empty()) service.task = tasks.front();
        if (service.task != nullptr)
            if (const auto* platform = service.task->block("runtime_platform"))
                service.arm = text_or(*platform, "cpu_architecture") == "ARM64";
        if (const auto* network = resource->block("network_configuration"))
            service.public_address = bool_or(*network, "assign_public_ip", false);
        count_tasks(plan, service);
        services.push_back(service);
    }
    return services;
}

ResourceList target_groups_of(const Plan& plan, const Resource& service) {
    auto groups = plan.referred(service, "load_balancer", "aws_lb_target_group");
    if (!groups.empty()) return groups;
    std::set<double> ports;
    for (const auto* balanced : service.blocks("load_balancer"))
        ports.insert(number_in(*balanced, "container_port", 0));
    for (const auto* group : plan.of("aws_lb_target_group"))
        if (ports.contains(group->number("port"))) groups.push_back(group);
    return groups;
}

}  // namespace slipway::deploy
