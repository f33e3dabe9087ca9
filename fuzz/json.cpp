// What is JSON stays the same when it is written and read again; what is not is refused, within limits.
#include "base/json.h"

#include <cmath>

#include "target.h"

namespace {

using namespace slipway;

// Numbers of 20 digits and more are read to the last place but one or two (Boost.JSON does not round there).
bool alike(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) {
        const auto x = a.to_number<double>(), y = b.to_number<double>();
        return x == y || std::abs(x - y) <= 1e-14 * std::abs(x);
    }
    if (a.is_array() && b.is_array()) return std::ranges::equal(a.get_array(), b.get_array(), alike);
    if (!a.is_object() || !b.is_object()) return a == b;
    return a.get_object().size() == b.get_object().size() && std::ranges::all_of(a.get_object(), [&](const auto& one) {
               const auto* other = b.get_object().if_contains(one.key());
               return other != nullptr && alike(one.value(), *other);
           });
}

}  // namespace

SLIPWAY_FUZZ_TARGET(json) {
    const auto value = parse_json(input, {.depth_max = 32, .bytes_max = 1 << 20});
    if (!value) return;
    const auto text = write_json(*value);
    const auto again = parse_json(text, {.depth_max = 32, .bytes_max = 64 << 20});
    fuzz::require(again.has_value(), "what was written can be read");
    fuzz::require(alike(*value, *again), "it is the same when it is read again");
}
