#include "deploy/policy/ingress.h"

#include <algorithm>
#include <array>

#include "deploy/plan/network.h"

namespace slipway::deploy {
namespace {

constexpr std::uint32_t kVpcLargest = (1u << 16) - 1;  // /16: last - first

void add_texts(std::vector<std::string>& to, std::vector<std::string> more) {
    to.insert(to.end(), more.begin(), more.end());
}

Ingress read(const json::object& values) {
    Ingress one{.ranges = texts_in(values, "cidr_blocks"),
                .from = static_cast<int>(number_in(values, "from_port", 0)),
                .to = static_cast<int>(number_in(values, "to_port", 0))};
    add_texts(one.ranges, texts_in(values, "ipv6_cidr_blocks"));
    for (const auto key : {"cidr_ipv4", "cidr_ipv6"})
        if (const auto range = text_or(values, key); !range.empty()) one.ranges.emplace_back(range);
    const auto protocol = text_or(values, "protocol", text_or(values, "ip_protocol"));
    one.all_protocols = protocol == "-1" || protocol == "all";
    return one;
}

std::vector<Ingress> rules_of(const Plan& plan, const Resource& group, std::string_view direction) {
    std::vector<Ingress> all;
    for (const auto* block : group.blocks(direction)) all.push_back(read(*block));
    const auto type = fmt::format("aws_vpc_security_group_{}_rule", direction);
    for (const auto* rule : plan.referring(group, type, "security_group_id")) all.push_back(read(*rule->values));
    for (const auto* rule : plan.referring(group, "aws_security_group_rule", "security_group_id"))
        if (rule->text("type") == direction) all.push_back(read(*rule->values));
    return all;
}

bool is_private(const AddressRange& range) {
    return std::ranges::any_of(std::array{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"},
                               [&](const char* one) { return range_of(one)->contains(range); });
}

}  // namespace

bool Ingress::world() const {
    return std::ranges::any_of(ranges,
                               [](const std::string& range) { return range == "0.0.0.0/0" || range == "::/0"; });
}

bool Ingress::wider_than_vpc() const {
    if (world()) return false;
    return std::ranges::any_of(ranges, [](const std::string& text) {
        const auto range = range_of(text);
        return range && is_private(*range) && range->last - range->first > kVpcLargest;
    });
}

std::vector<Ingress> ingress_of(const Plan& plan, const Resource& group) { return rules_of(plan, group, "ingress"); }
std::vector<Ingress> egress_of(const Plan& plan, const Resource& group) { return rules_of(plan, group, "egress"); }

bool stands_in_front(const Plan& plan, const Resource& group) {
    return std::ranges::any_of(plan.of("aws_lb"), [&](const Resource* balancer) {
        return !balancer->flag("internal") && holds(plan.referred(*balancer, "security_groups"), &group);
    });
}

}  // namespace slipway::deploy
