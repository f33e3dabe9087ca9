#include "base/json.h"

#include <cmath>

namespace slipway {
namespace {

// 1e400 is JSON, but no double: the parser makes it infinite, and that could be written but never read again.
bool is_finite(const json::value& value) {
    if (const auto* number = value.if_double()) return std::isfinite(*number);
    if (const auto* array = value.if_array()) return std::ranges::all_of(*array, is_finite);
    if (const auto* object = value.if_object())
        return std::ranges::all_of(*object, [](const auto& field) { return is_finite(field.value()); });
    return true;
}

}  // namespace

Result<json::value> parse_json(std::string_view text, JsonLimits limits) {
    if (text.size() > limits.bytes_max)
        return fail(ErrorCode::invalid, "The JSON text has {} bytes; at most {} are accepted.", text.size(),
                    limits.bytes_max);
    json::parse_options options;
    options.max_depth = limits.depth_max;
    json::stream_parser parser({}, options);
    json::error_code error;
    const std::size_t used = parser.write_some(text.data(), text.size(), error);
    if (!error && used < text.size()) error = json::error::extra_data;
    if (!error) parser.finish(error);
    if (error) return fail(ErrorCode::invalid, "This is not valid JSON: {} at byte {}.", error.message(), used);
    auto value = parser.release();
    if (!is_finite(value))
        return fail(ErrorCode::invalid, "This JSON holds a number that is too large; at most 1.8e308 is accepted.");
    return value;
}

const json::value* find(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && !value->is_null() ? value : nullptr;
}

std::string_view text_or(const json::object& object, std::string_view key, std::string_view otherwise) {
    const auto* value = find(object, key);
    if (value == nullptr || !value->is_string()) return otherwise;
    return {value->get_string().data(), value->get_string().size()};
}

std::int64_t integer_or(const json::object& object, std::string_view key, std::int64_t otherwise) {
    const auto* value = find(object, key);
    if (value == nullptr || !value->is_number()) return otherwise;
    json::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    return error ? otherwise : number;
}

double number_or(const json::object& object, std::string_view key, double otherwise) {
    const auto* value = find(object, key);
    if (value == nullptr || !value->is_number()) return otherwise;
    json::error_code error;
    const auto number = value->to_number<double>(error);
    return error ? otherwise : number;
}

bool bool_or(const json::object& object, std::string_view key, bool otherwise) {
    const auto* value = find(object, key);
    return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}

const json::object* object_in(const json::object& object, std::string_view key) {
    const auto* value = find(object, key);
    return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_in(const json::object& object, std::string_view key) {
    const auto* value = find(object, key);
    return value == nullptr ? nullptr : value->if_array();
}

}  // namespace slipway
