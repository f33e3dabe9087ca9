#include "base/json.h"

#include <charconv>
#include <cmath>

#include <boost/json/basic_parser_impl.hpp>

namespace slipway {
namespace {

// Builds the value as Boost.JSON's own parser does, but for doubles: Boost's are wrong in the last place for one in ten
// of 17 digits, and what was read and written again would be another number.
struct ValueBuilder {
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    json::value_stack stack;

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return true; }
    bool on_object_end(std::size_t fields, json::error_code&) { return stack.push_object(fields), true; }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t items, json::error_code&) { return stack.push_array(items), true; }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return stack.push_chars(part), true; }
    bool on_key(json::string_view last, std::size_t, json::error_code&) { return stack.push_key(last), true; }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return stack.push_chars(part), true; }
    bool on_string(json::string_view last, std::size_t, json::error_code&) { return stack.push_string(last), true; }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, json::error_code&) { return stack.push_int64(number), true; }
    bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
        return stack.push_uint64(number), true;
    }
    // `text` is the whole number, as the parser has the whole document. `boost` serves where from_chars gives no value:
    // zero for what is too small, infinite for what is too large, which could be written but never read again.
    bool on_double(double boost, json::string_view text, json::error_code& error) {
        double number = boost;
        std::from_chars(text.data(), text.data() + text.size(), number);
        if (!std::isfinite(number)) error = json::error::exponent_overflow;
        stack.push_double(number);
        return !error;
    }
    bool on_bool(bool truth, json::error_code&) { return stack.push_bool(truth), true; }
    bool on_null(json::error_code&) { return stack.push_null(), true; }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

Result<json::value> parse_json(std::string_view text, JsonLimits limits) {
    if (text.size() > limits.bytes_max)
        return fail(ErrorCode::invalid, "The JSON text has {} bytes; at most {} are accepted.", text.size(),
                    limits.bytes_max);
    json::parse_options options;
    options.max_depth = limits.depth_max;
    json::basic_parser<ValueBuilder> parser(options);
    auto& stack = parser.handler().stack;
    stack.reset();
    json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && used < text.size()) error = json::error::extra_data;
    if (error == json::error::exponent_overflow)
        return fail(ErrorCode::invalid, "This JSON holds a number that is too large; at most 1.8e308 is accepted.");
    if (error) return fail(ErrorCode::invalid, "This is not valid JSON: {} at byte {}.", error.message(), used);
    return stack.release();
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
