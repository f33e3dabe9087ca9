// JSON in and out (Boost.JSON): limits on what comes from outside, and typed access that takes a field of another type
// for one that is absent (json_schema.h says which field is wrong).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/error.h"

namespace slipway {

namespace json = boost::json;

struct JsonLimits {
    std::size_t depth_max = 64;
    std::size_t bytes_max = 16 << 20;
};

// `invalid` with the byte offset when the text is not JSON, too deep or too long, or not valid UTF-8.
Result<json::value> parse_json(std::string_view text, JsonLimits limits = {});

// The JSON text of a value, compact; what every JSON that leaves the program is written with. Numbers as JavaScript
// writes them: the fewest digits that read back as the same double, 1.0 as `1`, 0.25, 1e+21; infinite and not a number,
// which JSON does not have, as null. Always valid UTF-8: invalid bytes of a string become U+FFFD. Linear, and without
// recursion; how deep a value can be is limited where it enters (JsonLimits, kScriptValueDepthMax).
std::string write_json(const json::value& value);
std::string write_json(const json::object& object);
std::string write_json(const json::array& array);

// nullptr when absent or null.
const json::value* find(const json::object& object, std::string_view key);
// Empty / absent when the key is missing or has another type.
std::string_view text_or(const json::object& object, std::string_view key, std::string_view otherwise = "");
std::int64_t integer_or(const json::object& object, std::string_view key, std::int64_t otherwise);
double number_or(const json::object& object, std::string_view key, double otherwise);
bool bool_or(const json::object& object, std::string_view key, bool otherwise);
const json::object* object_in(const json::object& object, std::string_view key);
const json::array* array_in(const json::object& object, std::string_view key);

// A std::string of a JSON string; Boost.JSON's own conversion needs a verbose call.
inline std::string to_text(const json::string& string) { return std::string(string.data(), string.size()); }

}  // namespace slipway
