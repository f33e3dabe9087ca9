// The network of a plan: availability zones, which subnets the internet reaches, address ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "deploy/plan/plan.h"

namespace slipway::deploy {

// Availability zones of the subnets that the attribute refers to.
std::set<std::string> zones_of(const Plan& plan, const Resource& resource, std::string_view attribute);

// Whether a route of the subnet's table goes to an internet gateway.
bool is_public(const Plan& plan, const Resource& subnet);

// Machines that forward what is not for them.
ResourceList nat_instances(const Plan& plan);

// The fixed public addresses of a machine, by itself or by its network interfaces.
ResourceList addresses_of(const Plan& plan, const Resource& instance);

struct AddressRange {
    std::uint32_t first = 0, last = 0;
    bool overlaps(const AddressRange& other) const { return first <= other.last && other.first <= last; }
    bool contains(const AddressRange& other) const { return first <= other.first && other.last <= last; }
};
// "10.0.0.0/16"; nothing when it is no IPv4 range.
std::optional<AddressRange> range_of(std::string_view cidr);

}  // namespace slipway::deploy
