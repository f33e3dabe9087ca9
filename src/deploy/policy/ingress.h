// What a security group lets in and out, whether by blocks of its own or by resources beside it.
#pragma once

#include <string>
#include <vector>

#include "deploy/plan/plan.h"

namespace slipway::deploy {

struct Ingress {
    std::vector<std::string> ranges;  // IPv4 and IPv6
    int from = 0, to = 0;
    bool all_protocols = false;

    bool world() const;
    bool wider_than_vpc() const;  // a private range that no VPC can have (shorter than /16), but not the world
};
std::vector<Ingress> ingress_of(const Plan& plan, const Resource& group);
std::vector<Ingress> egress_of(const Plan& plan, const Resource& group);

// Whether it is the group of a load balancer that the internet reaches.
bool stands_in_front(const Plan& plan, const Resource& group);

}  // namespace slipway::deploy
