// What flows through a stack in a month, as the file beside its values declares it (apps/NAME/deploy/traffic.json):
// what cannot be read from a plan, and what there would be to pay for when nobody came is not.
//
//     {"about": "a course of 20 learners", "economy": {"s3_gb": 10, "nat_gb": 2}, "prod": {"s3_gb": 100}}
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::deploy {

struct TrafficKey {
    std::string_view key;       // "s3_gb"
    std::string_view item;      // of the prices; empty: it changes how another item is counted
    std::string_view category;  // of the line
    std::string_view what;      // "stored in S3"
    std::string_view types;     // resources of which one at least must be in the plan, separated by spaces
};
std::span<const TrafficKey> traffic_keys();

class Traffic {
 public:
    // `invalid` names a key that is not known or not a number. An environment that the file does not have: no traffic,
    // but "economy" takes that of "dev".
    static Result<Traffic> read(std::string_view json_text, std::string_view environment);

    double of(std::string_view key) const;  // 0: not declared
    const std::map<std::string, double, std::less<>>& all() const { return values_; }

 private:
    std::map<std::string, double, std::less<>> values_;
};

}  // namespace slipway::deploy
