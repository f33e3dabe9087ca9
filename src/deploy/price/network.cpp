// NAT gateways, addresses, endpoints and load balancers.
#include "deploy/plan/network.h"

#include <algorithm>
#include <set>

#include "deploy/price/pricer.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kBalancerZonesMin = 2;  // AWS makes no load balancer in fewer

void price_addresses(Pricer& pricer) {
    std::set<const Resource*> of_nat;
    for (const auto* gateway : pricer.plan.of("aws_nat_gateway"))
        for (const auto* address : pricer.plan.referred(*gateway, "allocation_id", "aws_eip")) of_nat.insert(address);
    for (const auto* instance : nat_instances(pricer.plan))
        for (const auto* address : addresses_of(pricer.plan, *instance)) of_nat.insert(address);
    for (const auto* address : pricer.plan.of("aws_eip"))
        pricer.hourly(*address, of_nat.contains(address) ? "nat" : "addresses", "ipv4", 1, "a public IPv4 address");
}

void price_balancer(Pricer& pricer, const Resource& balancer) {
    const auto type = balancer.text("load_balancer_type");
    pricer.hourly(balancer, "balancer", type == "network" ? "nlb.hour" : "alb.hour", 1,
                  balancer.flag("internal") ? "internal" : "public");
    if (balancer.flag("internal")) return;
    const auto zones = std::max(kBalancerZonesMin, zones_of(pricer.plan, balancer, "subnets").size());
    pricer.hourly(balancer, "balancer", "ipv4", static_cast<double>(zones),
                  fmt::format("its public addresses, one in each of {} AZs", zones));
}

void price_endpoint(Pricer& pricer, const Resource& endpoint) {
    if (endpoint.text("vpc_endpoint_type") != "Interface") return;  // those of S3 and DynamoDB are free
    const auto known = endpoint.texts("subnet_ids").size();
    const auto zones = std::max({std::size_t{1}, known, zones_of(pricer.plan, endpoint, "subnet_ids").size()});
    const auto name = endpoint.text("service_name");
    pricer.hourly(endpoint, "endpoints", "endpoint.hour", static_cast<double>(zones),
                  fmt::format("{} in {} AZs", name.substr(name.rfind('.') + 1), zones));
}

}  // namespace

void price_network(Pricer& pricer) {
    for (const auto* gateway : pricer.plan.of("aws_nat_gateway"))
        pricer.hourly(*gateway, "nat", "nat-gateway.hour", 1, "a NAT gateway");
    price_addresses(pricer);
    for (const auto* balancer : pricer.plan.of("aws_lb")) price_balancer(pricer, *balancer);
    for (const auto* endpoint : pricer.plan.of("aws_vpc_endpoint")) price_endpoint(pricer, *endpoint);
}

}  // namespace slipway::deploy
