// `slipway plan`: what the application's stack would build on AWS, what it costs, and what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace slipway::cli {

struct PlanArguments {
    std::string environment = "dev", format = "text";
    std::string plan;                        // JSON of a plan that was made elsewhere; empty: Terraform makes one
    std::string stack, values;               // instead of the manifest's
    std::string traffic, estimate, waivers;  // files instead of those beside the values
    std::string plugins;
    std::vector<std::string> variables;
    bool rules = false;
};

// kDone; kFailed where a finding is an error, or there is no plan.
int plan(const Target& target, const PlanArguments& arguments);

// The plan alone, as `terraform show -json` prints it.
Result<std::string> plan_json(const Target& target, const PlanArguments& arguments);

}  // namespace slipway::cli
