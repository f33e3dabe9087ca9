// List prices of AWS, as a table that is part of the program (prices.tsv): each with its source, the date on which that
// source had it, and how sure it is. A: derived from AWS's Price List; B: two or more dated sources agree; C: one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::deploy {

inline constexpr double kHoursOfMonth = 730;

struct Price {
    std::string_view item;  // "fargate.x86.vcpu"
    std::string_view unit;  // "vCPU-hour"
    double usd = 0;         // for one unit
    double free = 0;        // units of a month that are always free in an account
    std::vector<std::string_view> regions;
    std::string_view source, date;  // date: "2026-03"
    char confidence = 'C';
};

class PriceTable {
 public:
    static const PriceTable& built_in();
    // `invalid` with the line that is wrong. `text` must live as long as the table.
    static Result<PriceTable> read(std::string_view text);

    const Price* find(std::string_view item) const;
    const std::vector<Price>& all() const { return prices_; }

 private:
    std::vector<Price> prices_;  // by item
};

// Types of resources that cost nothing by themselves; what flows through them is counted elsewhere.
bool is_free(std::string_view type);

}  // namespace slipway::deploy
