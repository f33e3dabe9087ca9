// What is JSON stays the same when it is written and read again; what is not is refused, within limits.
#include "base/json.h"

#include "target.h"

SLIPWAY_FUZZ_TARGET(json) {
    using namespace slipway;
    const auto value = parse_json(input, {.depth_max = 32, .bytes_max = 1 << 20});
    if (!value) return;
    const auto text = write_json(*value);
    const auto again = parse_json(text, {.depth_max = 32, .bytes_max = 64 << 20});
    fuzz::require(again.has_value(), "what was written can be read");
    fuzz::require(write_json(*again) == text, "writing is stable");
}
