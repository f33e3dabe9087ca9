// The sheet while it is filled in, and what fills it: a function for each part of AWS.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "deploy/price/price.h"

namespace slipway::deploy {

class Pricer {
 public:
    Pricer(const Plan& plan, const Traffic& traffic, const PriceTable& table)
        : plan(plan), traffic(traffic), table_(table) {}

    // A line of `quantity` units of the item; the first units of an item that are always free are taken off once in
    // the sheet. An item that the table does not have becomes a finding.
    void add(const Resource& resource, std::string_view category, std::string_view item, double quantity,
             std::string what);
    // Hours of a month times `count`.
    void hourly(const Resource& resource, std::string_view category, std::string_view item, double count,
                std::string what);
    void add_traffic(std::string_view category, std::string_view item, double quantity, std::string what);
    // A resource whose price depends on what could not be read from the plan.
    void unresolved(const Resource& resource, std::string message, std::string fix);

    // Traffic of something that the plan does not have.
    void without_resource(const TrafficKey& key);

    PriceSheet finish() &&;

    const Plan& plan;
    const Traffic& traffic;

 private:
    void put(PriceLine line, std::string_view item);

    const PriceTable& table_;
    PriceSheet sheet_;
    std::map<std::string, double, std::less<>> free_left_;
};

// Each takes the resources of its types, and leaves the rest alone.
void price_tasks(Pricer& pricer);
void price_databases(Pricer& pricer);
void price_caches(Pricer& pricer);
void price_network(Pricer& pricer);
void price_machines(Pricer& pricer);
void price_rest(Pricer& pricer);  // what has one price for each resource, or none until there is traffic
void price_traffic(Pricer& pricer);

// Types that the functions above take.
const std::set<std::string_view>& priced_types();

}  // namespace slipway::deploy
