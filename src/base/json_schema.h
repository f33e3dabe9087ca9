// A useful subset of JSON Schema for what comes from outside: bodies and queries of routes, arguments of tools.
//
// Keywords: type (a name or a list of names), nullable, enum, properties, required (a list; `true` inside a property
// also counts), additionalProperties (true, false or a schema), items, minItems, maxItems, minLength, maxLength
// (characters), minimum, maximum, format (email; other formats only describe), default. Other describing keywords
// (title, description, example, …) are ignored; anything else is refused by check_schema(), so that a typing error does
// not silently check nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace slipway {

struct SchemaError {
    std::string path;     // "items[2].name"; empty for the value itself
    std::string message;  // for a person
    std::string type;     // missing, type, enum, too_short, too_long, too_small, too_large, format, unknown_field
};

inline constexpr std::size_t kSchemaErrorsMax = 32;
inline constexpr std::size_t kSchemaDepthMax = 32;

// Is this a schema of the subset above? `invalid` names the place and suggests the nearest keyword.
Result<void> check_schema(const json::value& schema);

// All that is wrong with `value`, in order, at most kSchemaErrorsMax. Empty: it fits.
std::vector<SchemaError> schema_errors(const json::value& schema, const json::value& value);

// `invalid` with details.errors = [{path, message, type}] when the value does not fit; `what` begins the message ("The
// body").
Result<void> check_value(const json::value& schema, const json::value& value, std::string_view what);

// Puts `default` values where properties are absent.
void apply_defaults(const json::value& schema, json::value& value);

// Text of a query or a form as the type that the schema wants ("5" → 5, "true" → true); unchanged text where it does
// not fit, so that check_value() then says what is wrong.
json::value value_from_text(const json::value& schema, std::string_view text);

}  // namespace slipway
