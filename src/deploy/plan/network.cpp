#include "deploy/plan/network.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace slipway::deploy {
namespace {

std::optional<std::uint32_t> whole(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || value > most)
        return std::nullopt;
    return value;
}

bool leads_to_gateway(const Plan& plan, const Resource& table) {
    if (!plan.referred(table, "route", "aws_internet_gateway").empty()) return true;
    return std::ranges::any_of(plan.referring(table, "aws_route", "route_table_id"), [&](const Resource* route) {
        return !plan.referred(*route, "gateway_id", "aws_internet_gateway").empty();
    });
}

ResourceList interfaces_of(const Plan& plan, const Resource& instance) {
    auto found = plan.referred(instance, "network_interface", "aws_network_interface");
    for (const auto* attached : plan.referring(instance, "aws_network_interface_attachment", "instance_id"))
        for (const auto* one : plan.referred(*attached, "network_interface_id", "aws_network_interface"))
            found.push_back(one);
    return found;
}

}  // namespace

std::set<std::string> zones_of(const Plan& plan, const Resource& resource, std::string_view attribute) {
    std::set<std::string> zones;
    for (const auto* subnet : plan.referred(resource, attribute, "aws_subnet"))
        if (const auto zone = subnet->text("availability_zone"); !zone.empty()) zones.emplace(zone);
    return zones;
}

bool is_public(const Plan& plan, const Resource& subnet) {
    for (const auto* bound : plan.referring(subnet, "aws_route_table_association", "subnet_id"))
        for (const auto* table : plan.referred(*bound, "route_table_id", "aws_route_table"))
            if (leads_to_gateway(plan, *table)) return true;
    return false;
}

ResourceList nat_instances(const Plan& plan) {
    ResourceList found;
    for (const auto* instance : plan.of("aws_instance")) {
        const auto interfaces = interfaces_of(plan, *instance);
        const bool forwards =
            std::ranges::any_of(interfaces, [](const Resource* one) { return !one->flag("source_dest_check", true); });
        if (forwards || !instance->flag("source_dest_check", true)) found.push_back(instance);
    }
    return found;
}

ResourceList addresses_of(const Plan& plan, const Resource& instance) {
    auto found = plan.referring(instance, "aws_eip", "instance");
    const auto add = [&](const ResourceList& more) { found.insert(found.end(), more.begin(), more.end()); };
    for (const auto* bound : plan.referring(instance, "aws_eip_association", "instance_id"))
        add(plan.referred(*bound, "allocation_id", "aws_eip"));
    for (const auto* interface : interfaces_of(plan, instance)) {
        add(plan.referring(*interface, "aws_eip", "network_interface"));
        for (const auto* bound : plan.referring(*interface, "aws_eip_association", "network_interface_id"))
            add(plan.referred(*bound, "allocation_id", "aws_eip"));
    }
    return found;
}

std::optional<AddressRange> range_of(std::string_view cidr) {
    const auto slash = cidr.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto bits = whole(cidr.substr(slash + 1), 32);
    const auto parts = split(cidr.substr(0, slash), '.');
    if (!bits || parts.size() != 4) return std::nullopt;
    std::uint32_t address = 0;
    for (const auto part : parts) {
        const auto byte = whole(part, 255);
        if (!byte) return std::nullopt;
        address = address << 8 | *byte;
    }
    const std::uint32_t mask = *bits == 0 ? 0 : ~std::uint32_t{0} << (32 - *bits);
    return AddressRange{address & mask, (address & mask) | ~mask};
}

}  // namespace slipway::deploy
