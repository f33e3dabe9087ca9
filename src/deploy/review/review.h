// All that is known of a plan, for a person or a program: what changes, what it costs beside budget and estimate, and
// what was found.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "deploy/check/check.h"
#include "deploy/plan/finding.h"
#include "deploy/plan/plan.h"
#include "deploy/policy/waivers.h"
#include "deploy/price/estimate.h"
#include "deploy/price/price.h"

namespace slipway::deploy {

struct ReviewInput {
    std::string stack;        // "shop"
    std::string environment;  // dev, prod, economy
    Traffic traffic;
    std::optional<Estimate> estimate;
    double budget = 0;
    std::vector<Waiver> waivers;
    std::chrono::year_month_day today;
    const Sources* sources = nullptr;
    const Application* application = nullptr;
};

struct Review {
    std::string stack, environment, region;
    std::map<std::string, std::size_t> actions;  // "create" → how many
    std::vector<std::pair<std::string, std::vector<std::string>>>
        changes;  // address → actions, where they are not no-op
    PriceSheet price;
    double budget = 0;
    std::optional<Estimate> estimate;
    Findings findings;  // sorted

    std::size_t count(Severity severity) const;
};

Review review(const Plan& plan, const ReviewInput& input);

// Each ends with a line feed. No value of a resource is shown but sizes, counts and names.
std::string to_text(const Review& review);
std::string to_markdown(const Review& review);
json::object to_json(const Review& review);

}  // namespace slipway::deploy
