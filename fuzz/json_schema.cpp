// First line: a schema; the rest: a value. Whatever passes check_schema() can be used.
#include "base/json_schema.h"

#include "target.h"

SLIPWAY_FUZZ_TARGET(json_schema) {
    using namespace slipway;
    const auto [first, rest] = fuzz::split_line(input);
    const auto schema = parse_json(first);
    if (!schema || !check_schema(*schema)) return;
    static_cast<void>(value_from_text(*schema, rest));
    auto value = parse_json(rest);
    if (!value) return;
    const auto errors = schema_errors(*schema, *value);
    fuzz::require(errors.size() <= kSchemaErrorsMax, "errors are limited");
    fuzz::require(errors.empty() == check_value(*schema, *value, "The value").has_value(), "both forms agree");
    apply_defaults(*schema, *value);
    static_cast<void>(schema_errors(*schema, *value));
}
