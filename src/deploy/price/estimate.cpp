#include "deploy/price/estimate.h"

#include <algorithm>

#include "base/json.h"
#include "deploy/plan/plan.h"

namespace slipway::deploy {
namespace {

// 25 or [15, 25]
void read_range(const json::object& object, std::string_view key, double& least, double& most) {
    least = most = number_or(object, key, 0);
    const auto* range = array_in(object, key);
    if (range == nullptr || range->size() != 2 || !(*range)[0].is_number() || !(*range)[1].is_number()) return;
    least = (*range)[0].to_number<double>();
    most = (*range)[1].to_number<double>();
}

}  // namespace

bool Estimate::covers(std::string_view category) const {
    return std::ranges::any_of(lines, [&](const EstimateLine& line) { return holds(line.covers, category); });
}

Result<std::optional<Estimate>> Estimate::read(std::string_view json_text, std::string_view environment) {
    SLIPWAY_TRY(const auto parsed, parse_json(json_text));
    const auto* root = parsed.if_object();
    if (root == nullptr) return fail(ErrorCode::invalid, "An estimate is a JSON object: environment → total, lines.");
    const auto* values = object_in(*root, environment);
    if (values == nullptr && environment == "economy") values = object_in(*root, "dev");
    if (values == nullptr) return std::optional<Estimate>();
    Estimate estimate;
    read_range(*values, "total", estimate.least, estimate.most);
    estimate.zones = static_cast<std::size_t>(std::clamp(number_or(*values, "zones", 0), 0.0, 16.0));
    estimate.tokens_in_queries = bool_or(*values, "tokens_in_queries", false);
    if (const auto* sizes = object_in(*values, "sizes"))
        for (const auto& [type, size] : *sizes) estimate.sizes.emplace(type, text_or(*sizes, type));
    for (const auto* one : blocks_in(*values, "lines")) {
        EstimateLine line{.what = std::string(text_or(*one, "what")),
                          .covers = texts_in(*one, "covers"),
                          .size = std::string(text_or(*one, "size")),
                          .count = number_or(*one, "count", 0),
                          .builds = number_or(*one, "builds", 0),
                          .free_year = bool_or(*one, "free_year", false)};
        read_range(*one, "usd", line.least, line.most);
        if (line.what.empty() || line.covers.empty())
            return fail(ErrorCode::invalid,
                        "Each line of an estimate has \"what\" and \"covers\", a list of categories.");
        estimate.lines.push_back(std::move(line));
    }
    return std::optional(std::move(estimate));
}

}  // namespace slipway::deploy
