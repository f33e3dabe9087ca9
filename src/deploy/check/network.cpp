// Availability zones and address ranges.
#include "deploy/plan/network.h"

#include <array>

#include "deploy/check/check.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kZonesMin = 2;

struct NeedsZones {
    std::string_view type, attribute, what;
};
constexpr std::array<NeedsZones, 3> kNeedZones{{{"aws_lb", "subnets", "A load balancer"},
                                                {"aws_db_subnet_group", "subnet_ids", "A subnet group of RDS"},
                                                {"aws_db_proxy", "vpc_subnet_ids", "RDS Proxy"}}};

const Resource* vpc_of(const Plan& plan, const Resource& subnet) {
    const auto found = plan.referred(subnet, "vpc_id", "aws_vpc");
    return found.empty() ? nullptr : found.front();
}

}  // namespace

void check_zones(const Subject& subject, Findings& findings) {
    for (const auto& need : kNeedZones)
        for (const auto* one : subject.plan.of(need.type)) {
            if (one->text("load_balancer_type") == "network") continue;
            if (subject.plan.referred(*one, need.attribute, "aws_subnet").empty()) continue;
            const auto zones = zones_of(subject.plan, *one, need.attribute);
            if (zones.size() < kZonesMin)
                findings.push_back(
                    {.rule = "C1",
                     .resource = one->address,
                     .message = fmt::format("{} needs subnets in two availability zones; these lie in {}.", need.what,
                                            zones.empty() ? "none" : *zones.begin()),
                     .fix = "Add empty subnets in a second zone, which cost nothing; tasks and database may "
                            "stay in the first."});
        }
    if (subject.estimate == nullptr || subject.estimate->zones == 0) return;
    std::set<std::string> zones;
    for (const auto* subnet : subject.plan.of("aws_subnet")) zones.emplace(subnet->text("availability_zone"));
    if (!zones.empty() && zones.size() < subject.estimate->zones)
        findings.push_back({.rule = "C2",
                            .severity = Severity::warning,
                            .message = fmt::format("The document asks for {} availability zones, the plan has {}.",
                                                   subject.estimate->zones, zones.size()),
                            .fix = "Add a zone to availability_zones, or settle on two in the document."});
}

void check_addresses(const Subject& subject, Findings& findings) {
    const auto subnets = subject.plan.of("aws_subnet");
    for (std::size_t i = 0; i < subnets.size(); ++i) {
        const auto range = range_of(subnets[i]->text("cidr_block"));
        if (!range) continue;
        const auto* vpc = vpc_of(subject.plan, *subnets[i]);
        const auto around = vpc != nullptr ? range_of(vpc->text("cidr_block")) : std::nullopt;
        if (around && !around->contains(*range) &&
            subject.plan.referring(*vpc, "aws_vpc_ipv4_cidr_block_association", "vpc_id").empty())
            findings.push_back({.rule = "network.outside",
                                .resource = subnets[i]->address,
                                .message = fmt::format("{} does not lie in the VPC's {}.",
                                                       subnets[i]->text("cidr_block"), vpc->text("cidr_block")),
                                .fix = "Choose a part of the VPC's range."});
        for (std::size_t j = 0; j < i; ++j) {
            const auto other = range_of(subnets[j]->text("cidr_block"));
            if (other && range->overlaps(*other) && vpc_of(subject.plan, *subnets[j]) == vpc)
                findings.push_back({.rule = "network.overlap",
                                    .resource = subnets[i]->address,
                                    .message = fmt::format("{} overlaps {} of {}.", subnets[i]->text("cidr_block"),
                                                           subnets[j]->text("cidr_block"), subnets[j]->address),
                                    .fix = "Give each subnet a range of its own."});
        }
    }
}

}  // namespace slipway::deploy
