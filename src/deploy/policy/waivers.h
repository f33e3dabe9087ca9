// Findings that are lived with for a reason and until a day: infra/terraform/waivers.tsv, a header and then rows of
//
//     resource  rule  reason  end
//
// with tabs between them. `resource` is an address of a plan, in which * stands for anything, and is preceded by the
// stack's name and a colon ("shop:module.alb.*", "*:aws_vpc.main"); `end` is the last day, as 2027-03-31.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "deploy/plan/finding.h"

namespace slipway::deploy {

struct Waiver {
    std::string resource, rule, reason;
    std::chrono::year_month_day end;
    std::size_t line = 0;
};

// `invalid` with the line that is wrong.
Result<std::vector<Waiver>> read_waivers(std::string_view text);

// Makes notes of the findings that a waiver of the stack covers. One past its day covers nothing, and is an error
// itself.
void apply_waivers(const std::vector<Waiver>& waivers, std::string_view stack, std::chrono::year_month_day today,
                   Findings& findings);

}  // namespace slipway::deploy
