// EC2: the NAT instance, mostly.
#include <algorithm>

#include "deploy/plan/network.h"
#include "deploy/price/pricer.h"

namespace slipway::deploy {
namespace {

constexpr double kRootGigabytes = 8;  // of Amazon Linux's images, where the plan does not say

void price_disk(Pricer& pricer, const Resource& resource, std::string_view category, const json::object* disk,
                double count) {
    const auto gigabytes = disk != nullptr ? number_in(*disk, "volume_size", kRootGigabytes) : kRootGigabytes;
    const auto type = disk != nullptr ? text_or(*disk, "volume_type", "gp3") : "gp3";
    pricer.add(resource, category, fmt::format("ebs.{}", type.empty() ? "gp3" : type), count * gigabytes,
               fmt::format("{} GB of disk", gigabytes));
}

bool asks_for_address(const json::object& values) {
    if (bool_or(values, "associate_public_ip_address", false)) return true;
    return text_or(values, "associate_public_ip_address") == "true";
}

void price_group(Pricer& pricer, const Resource& group) {
    const auto count = std::max(group.number("desired_capacity"), group.number("min_size"));
    ResourceList templates = pricer.plan.referred(group, "launch_template", "aws_launch_template");
    if (templates.empty()) {
        pricer.unresolved(group, "Which launch template the group starts cannot be read from the plan.",
                          "Refer to the launch template's id in launch_template.");
        return;
    }
    const auto& launched = *templates.front();
    const auto type = launched.text("instance_type");
    const bool nat = group.address.contains("nat") || launched.address.contains("nat");
    const std::string_view category = nat ? "nat" : "machines";
    pricer.hourly(group, category, fmt::format("ec2.{}", type), count, fmt::format("{} × {}", count, type));
    const json::object* disk = nullptr;
    for (const auto* mapping : launched.blocks("block_device_mappings"))
        for (const auto* inner : blocks_in(*mapping, "ebs")) disk = inner;
    price_disk(pricer, group, category, disk, count);
    for (const auto* interface : launched.blocks("network_interfaces"))
        if (asks_for_address(*interface)) pricer.hourly(group, category, "ipv4", count, "a public IPv4 address");
}

}  // namespace

void price_machines(Pricer& pricer) {
    const auto of_nat = nat_instances(pricer.plan);
    for (const auto* instance : pricer.plan.of("aws_instance")) {
        const std::string_view category = holds(of_nat, instance) ? "nat" : "machines";
        const auto type = instance->text("instance_type");
        pricer.hourly(*instance, category, fmt::format("ec2.{}", type), 1, std::string(type));
        price_disk(pricer, *instance, category, instance->block("root_block_device"), 1);
        if (asks_for_address(*instance->values) && addresses_of(pricer.plan, *instance).empty())
            pricer.hourly(*instance, category, "ipv4", 1, "a public IPv4 address");
    }
    for (const auto* group : pricer.plan.of("aws_autoscaling_group")) price_group(pricer, *group);
}

}  // namespace slipway::deploy
