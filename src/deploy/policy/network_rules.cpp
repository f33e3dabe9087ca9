#include <algorithm>
#include <array>

#include "deploy/plan/network.h"
#include "deploy/policy/ingress.h"
#include "deploy/policy/rules.h"

namespace slipway::deploy {
namespace {

using enum Severity;

bool has_flow_log(const Audit& audit, const Resource& vpc) {
    return !audit.plan.referring(vpc, "aws_flow_log", "vpc_id").empty();
}

bool default_group_is_empty(const Audit& audit, const Resource& vpc) {
    const auto groups = audit.plan.referring(vpc, "aws_default_security_group", "vpc_id");
    return std::ranges::any_of(groups, [](const Resource* group) {
        return group->blocks("ingress").empty() && group->blocks("egress").empty();
    });
}

bool gives_no_address(const Audit& audit, const Resource& subnet) {
    return !subnet.flag("map_public_ip_on_launch") || is_public(audit.plan, subnet);
}

bool is_default_route(const json::object& route) {
    return text_or(route, "cidr_block") == "0.0.0.0/0" || text_or(route, "destination_cidr_block") == "0.0.0.0/0";
}

bool leads_out(const Plan& plan, const Resource& subnet) {
    for (const auto* bound : plan.referring(subnet, "aws_route_table_association", "subnet_id"))
        for (const auto* table : plan.referred(*bound, "route_table_id", "aws_route_table")) {
            for (const auto* route : table->blocks("route"))
                if (is_default_route(*route)) return true;
            for (const auto* route : plan.referring(*table, "aws_route", "route_table_id"))
                if (is_default_route(*route->values)) return true;
        }
    return false;
}

// Tasks pull their image and call models: without a way out they never start.
bool tasks_reach_out(const Audit& audit, const Resource& service) {
    const auto subnets = audit.plan.referred(service, "network_configuration", "aws_subnet");
    return subnets.empty() ||
           std::ranges::all_of(subnets, [&](const Resource* subnet) { return leads_out(audit.plan, *subnet); });
}

bool is_described(const Audit&, const Resource& group) {
    const auto text = group.text("description");
    return !text.empty() && text != "Managed by Terraform";
}

bool is_closed(const Audit& audit, const Resource& group) {
    const bool front = stands_in_front(audit.plan, group);
    return std::ranges::all_of(ingress_of(audit.plan, group), [&](const Ingress& one) {
        return !one.world() || (front && one.from == one.to && (one.from == 80 || one.from == 443));
    });
}

bool is_narrow(const Audit& audit, const Resource& group) {
    return std::ranges::none_of(ingress_of(audit.plan, group), [](const Ingress& one) { return one.wider_than_vpc(); });
}

// From group to group: an address range also lets in what comes to lie in it later.
bool names_groups(const Audit& audit, const Resource& group) {
    if (stands_in_front(audit.plan, group)) return true;
    return std::ranges::all_of(ingress_of(audit.plan, group), [](const Ingress& one) { return one.ranges.empty(); });
}

bool narrows_egress(const Audit& audit, const Resource& group) {
    return std::ranges::none_of(egress_of(audit.plan, group),
                                [](const Ingress& one) { return one.world() && one.all_protocols; });
}

bool is_attached(const Audit& audit, const Resource& group) {
    static constexpr std::array<std::string_view, 7> kAttributes{
        "security_groups", "vpc_security_group_ids", "security_group_ids", "network_configuration",
        "vpc_config",      "network_interfaces",     "security_group_id"};
    return std::ranges::any_of(audit.plan.resources(), [&](const Resource& one) {
        if (one.type.contains("security_group"))  // a group that another one lets in is that of something
            return holds(audit.plan.referred(one, "referenced_security_group_id"), &group);
        return std::ranges::any_of(kAttributes, [&](std::string_view attribute) {
            return holds(audit.plan.referred(one, attribute), &group);
        });
    });
}

constexpr std::array<Rule, 10> kRules{{
    {"vpc.flow-logs", "aws_vpc", note, warning, has_flow_log, "Nobody can say later who talked to whom.",
     "Add an aws_flow_log of the VPC to a log group with retention."},
    {"vpc.default-group", "aws_vpc", warning, error, default_group_is_empty,
     "The VPC's default security group lets its members talk to each other and out.",
     "Take it over with aws_default_security_group without any rule."},
    {"vpc.private-address", "aws_subnet", error, error, gives_no_address,
     "A private subnet gives its machines public addresses.", "map_public_ip_on_launch = false."},
    {"vpc.way-out", "aws_ecs_service", error, error, tasks_reach_out,
     "A subnet of the tasks has no default route: they cannot pull their image nor call a model.",
     "Associate a route table whose 0.0.0.0/0 goes to a NAT gateway, a NAT instance or an internet gateway."},
    {"sg.description", "aws_security_group", note, note, is_described, "The group does not say what it is for.",
     "Give it a description; it cannot be changed later without replacing the group."},
    {"sg.open", "aws_security_group", error, error, is_closed,
     "It is open to the whole internet, and is not that of a public load balancer on 80 or 443.",
     "Let in the security group of the load balancer instead of 0.0.0.0/0."},
    {"sg.wide", "aws_security_group", error, error, is_narrow,
     "It lets in a range of private addresses wider than any VPC.",
     "Refer to the security group that may come in, in a rule of its own (aws_vpc_security_group_ingress_rule): that "
     "also breaks a circle of two groups."},
    {"sg.group-to-group", "aws_security_group", note, warning, names_groups,
     "It lets in addresses instead of a security group.", "Use referenced_security_group_id."},
    {"sg.egress", "aws_security_group", note, note, narrows_egress, "Whatever is inside may connect to anywhere.",
     "Name the ports and groups that it may reach; models and AWS need 443 alone."},
    {"sg.attached", "aws_security_group", note, warning, is_attached, "Nothing uses the group.", "Remove it."},
}};

}  // namespace

std::span<const Rule> network_rules() { return kRules; }

}  // namespace slipway::deploy
