// What a plan costs in a month of 730 hours at list prices: what stands there all month (the idle floor) from the plan
// alone, what flows through it from the traffic file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deploy/plan/finding.h"
#include "deploy/plan/plan.h"
#include "deploy/price/prices.h"
#include "deploy/price/traffic.h"

namespace slipway::deploy {

struct PriceLine {
    std::string resource;  // address; empty: of the stack, by the traffic file
    std::string category;  // "tasks", "database", "nat", "balancer", …: what an estimate names as one
    std::string what;      // "2 × 0.5 vCPU, Spot"
    double quantity = 0;   // in units of the price, after what is always free
    const Price* price = nullptr;
    double usd = 0;  // in a month
    bool traffic = false;
};

struct PriceSheet {
    std::vector<PriceLine> lines;
    Findings findings;  // price.unknown: a type or a class without a price; price.traffic: traffic without a resource
    double idle = 0;    // sum of the lines that are not traffic
    double total = 0;

    double of(std::string_view category) const;
};

PriceSheet price(const Plan& plan, const Traffic& traffic, const PriceTable& table = PriceTable::built_in());

}  // namespace slipway::deploy
