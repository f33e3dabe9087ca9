#include "base/json_schema.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/characters.h"
#include "base/email.h"
#include "base/text.h"

namespace slipway {
namespace {

constexpr std::array<std::string_view, 7> kTypes = {"null",   "boolean", "integer", "number",
                                                    "string", "array",   "object"};
constexpr std::array<std::string_view, 26> kKeywords = {"type",
                                                        "nullable",
                                                        "enum",
                                                        "properties",
                                                        "required",
                                                        "additionalProperties",
                                                        "items",
                                                        "minItems",
                                                        "maxItems",
                                                        "minLength",
                                                        "maxLength",
                                                        "minimum",
                                                        "maximum",
                                                        "format",
                                                        "default",
                                                        "title",
                                                        "description",
                                                        "example",
                                                        "examples",
                                                        "deprecated",
                                                        "readOnly",
                                                        "writeOnly",
                                                        "$id",
                                                        "$schema",
                                                        "contentMediaType",
                                                        "contentEncoding"};

bool is_integer(const json::value& value) {
    if (value.is_int64() || value.is_uint64()) return true;
    return value.is_double() && std::isfinite(value.get_double()) &&
           std::trunc(value.get_double()) == value.get_double();
}

bool has_type(const json::value& value, std::string_view type) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_bool();
    if (type == "integer") return is_integer(value);
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    return type == "object" && value.is_object();
}

std::vector<std::string_view> types_of(const json::object& schema) {
    std::vector<std::string_view> types;
    const auto* type = find(schema, "type");
    if (type && type->is_string()) types.push_back(type->get_string());
    if (type && type->is_array())
        for (const auto& name : type->get_array())
            if (name.is_string()) types.push_back(name.get_string());
    if (!types.empty() && bool_or(schema, "nullable", false)) types.push_back("null");
    return types;
}

std::string inside(std::string_view path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

struct Checker {
    std::vector<SchemaError> errors = {};

    template <typename... Arguments>
    void add(const std::string& path, std::string_view type, fmt::format_string<Arguments...> format,
             Arguments&&... arguments) {
        if (errors.size() < kSchemaErrorsMax)
            errors.push_back({path, fmt::format(format, std::forward<Arguments>(arguments)...), std::string(type)});
    }

    void check(const json::value& any_schema, const json::value& value, const std::string& path, std::size_t depth) {
        if (!any_schema.is_object() || depth > kSchemaDepthMax || errors.size() >= kSchemaErrorsMax) return;
        const auto& schema = any_schema.get_object();
        if (!check_type(schema, value, path)) return;
        if (const auto* allowed = array_in(schema, "enum")) check_enum(*allowed, value, path);
        if (value.is_string()) check_text(schema, value.get_string(), path);
        if (value.is_number()) check_number(schema, value, path);
        if (value.is_array()) check_array(schema, value.get_array(), path, depth);
        if (value.is_object()) check_object(schema, value.get_object(), path, depth);
    }

    bool check_type(const json::object& schema, const json::value& value, const std::string& path) {
        const auto types = types_of(schema);
        if (types.empty()) return true;
        std::string wanted;
        for (const auto type : types) {
            if (has_type(value, type)) return true;
            wanted += wanted.empty() ? std::string(type) : fmt::format(" or {}", type);
        }
        add(path, "type", "Expected {}.", wanted);
        return false;
    }

    void check_enum(const json::array& allowed, const json::value& value, const std::string& path) {
        for (const auto& candidate : allowed)
            if (candidate == value) return;
        add(path, "enum", "Must be one of {}.", write_json(allowed));
    }

    void check_text(const json::object& schema, std::string_view text, const std::string& path) {
        const auto length = static_cast<std::int64_t>(count_characters(text));
        const auto least = integer_or(schema, "minLength", 0);
        const auto most = integer_or(schema, "maxLength", INT64_MAX);
        if (length < least) add(path, "too_short", "Must have at least {} character{}.", least, least == 1 ? "" : "s");
        if (length > most) add(path, "too_long", "Must have at most {} characters, has {}.", most, length);
        if (text_or(schema, "format") == "email" && !is_email(text)) add(path, "format", "Must be an e-mail address.");
    }

    void check_number(const json::object& schema, const json::value& value, const std::string& path) {
        const double number = value.to_number<double>();
        const double least = number_or(schema, "minimum", -HUGE_VAL);
        const double most = number_or(schema, "maximum", HUGE_VAL);
        if (number < least) add(path, "too_small", "Must be at least {}.", least);
        if (number > most) add(path, "too_large", "Must be at most {}.", most);
    }

    void check_array(const json::object& schema, const json::array& values, const std::string& path,
                     std::size_t depth) {
        const auto count = static_cast<std::int64_t>(values.size());
        const auto least = integer_or(schema, "minItems", 0);
        const auto most = integer_or(schema, "maxItems", INT64_MAX);
        if (count < least) add(path, "too_short", "Must have at least {} items.", least);
        if (count > most) add(path, "too_long", "Must have at most {} items, has {}.", most, count);
        const auto* items = find(schema, "items");
        if (!items) return;
        for (std::size_t i = 0; i < values.size() && errors.size() < kSchemaErrorsMax; ++i)
            check(*items, values[i], fmt::format("{}[{}]", path, i), depth + 1);
    }

    void check_object(const json::object& schema, const json::object& object, const std::string& path,
                      std::size_t depth) {
        const auto* properties = object_in(schema, "properties");
        if (const auto* required = array_in(schema, "required"))
            for (const auto& name : *required)
                if (name.is_string()) check_required(object, name.get_string(), path);
        if (properties)
            for (const auto& [name, property] : *properties) {
                if (property.is_object() && bool_or(property.get_object(), "required", false))
                    check_required(object, name, path);
                if (const auto* value = object.if_contains(name))
                    check(property, *value, inside(path, name), depth + 1);
            }
        const auto* additional = find(schema, "additionalProperties");
        if (!additional) return;
        for (const auto& [name, value] : object) {
            if (properties && properties->contains(name)) continue;
            if (additional->is_object()) check(*additional, value, inside(path, name), depth + 1);
            if (additional->is_bool() && !additional->get_bool())
                add(inside(path, name), "unknown_field", "There is no such field.");
        }
    }

    void check_required(const json::object& object, std::string_view name, const std::string& path) {
        if (!object.contains(name)) add(inside(path, name), "missing", "This field is required.");
    }
};

Result<void> check_keyword(std::string_view name, const json::value& value, const std::string& place) {
    const auto wrong = [&](std::string_view expected) {
        return fail(ErrorCode::invalid, "{}: `{}` must be {}.", place, name, expected);
    };
    if (name == "type") {
        const bool list = value.is_array();
        if (!list && !value.is_string()) return wrong("a type or a list of types");
        const json::array names = list ? value.get_array() : json::array{value};
        for (const auto& type : names)
            if (!type.is_string() ||
                std::find(kTypes.begin(), kTypes.end(), std::string_view(type.get_string())) == kTypes.end())
                return wrong("null, boolean, integer, number, string, array or object");
    }
    if (name == "enum" && !value.is_array()) return wrong("a list");
    if (name == "required" && !value.is_array() && !value.is_bool()) return wrong("a list of field names");
    if (name == "properties" && !value.is_object()) return wrong("a table of schemas");
    if ((name == "nullable") && !value.is_bool()) return wrong("true or false");
    if (name.starts_with("min") || name.starts_with("max"))
        if (!value.is_number()) return wrong("a number");
    return {};
}

Result<void> check_at(const json::value& schema, const std::string& place, std::size_t depth);

Result<void> check_properties(const json::object& properties, const std::string& place, std::size_t depth) {
    for (const auto& [name, schema] : properties) {
        SLIPWAY_CHECK(check_at(schema, fmt::format("{}.{}", place, std::string_view(name)), depth));
    }
    return {};
}

Result<void> check_at(const json::value& schema, const std::string& place, std::size_t depth) {
    if (!schema.is_object())
        return fail(ErrorCode::invalid, "{}: a schema is a table such as {{type = \"string\"}}.", place);
    if (depth > kSchemaDepthMax) return fail(ErrorCode::invalid, "{}: the schema is nested too deeply.", place);
    for (const auto& [name, value] : schema.get_object()) {
        if (std::find(kKeywords.begin(), kKeywords.end(), std::string_view(name)) == kKeywords.end()) {
            const auto near = nearest(name, kKeywords);
            return fail(ErrorCode::invalid, "{}: the schema keyword `{}` is not known{}", place, std::string_view(name),
                        near.empty() ? std::string(".") : fmt::format("; did you mean `{}`?", near));
        }
        SLIPWAY_CHECK(check_keyword(name, value, place));
        Result<void> inner;
        if (name == "properties") inner = check_properties(value.get_object(), place, depth + 1);
        if (name == "items" || (name == "additionalProperties" && !value.is_bool()))
            inner = check_at(value, fmt::format("{}.{}", place, std::string_view(name)), depth + 1);
        if (!inner) return inner;
    }
    return {};
}

}  // namespace

Result<void> check_schema(const json::value& schema) { return check_at(schema, "schema", 0); }

std::vector<SchemaError> schema_errors(const json::value& schema, const json::value& value) {
    Checker checker;
    checker.check(schema, value, "", 0);
    return std::move(checker.errors);
}

Result<void> check_value(const json::value& schema, const json::value& value, std::string_view what) {
    const auto errors = schema_errors(schema, value);
    if (errors.empty()) return {};
    json::array list;
    for (const auto& error : errors)
        list.push_back(json::object{{"path", error.path}, {"message", error.message}, {"type", error.type}});
    const auto& first = errors.front();
    auto message = first.path.empty() ? fmt::format("{} is not valid: {}", what, first.message)
                                      : fmt::format("{} is not valid: {}: {}", what, first.path, first.message);
    if (errors.size() > 1) message += fmt::format(" ({} more)", errors.size() - 1);
    return std::unexpected(Error{ErrorCode::invalid, std::move(message)}.with("errors", std::move(list)));
}

void apply_defaults(const json::value& schema, json::value& value) {
    if (!schema.is_object()) return;
    if (value.is_array())
        if (const auto* items = find(schema.get_object(), "items"))
            for (auto& item : value.get_array()) apply_defaults(*items, item);
    const auto* properties = object_in(schema.get_object(), "properties");
    if (!properties || !value.is_object()) return;
    for (const auto& [name, property] : *properties) {
        auto& object = value.get_object();
        if (auto* present = object.if_contains(name)) {
            apply_defaults(property, *present);
        } else if (property.is_object()) {
            if (const auto* otherwise = property.get_object().if_contains("default")) object[name] = *otherwise;
        }
    }
}

json::value value_from_text(const json::value& schema, std::string_view text) {
    if (!schema.is_object()) return json::value(text);
    const auto* begin = text.data();
    const auto* end = begin + text.size();
    for (const auto type : types_of(schema.get_object())) {
        if (type == "string") return json::value(text);
        if (type == "boolean" && (text == "true" || text == "1")) return true;
        if (type == "boolean" && (text == "false" || text == "0")) return false;
        if (type == "null" && text.empty()) return nullptr;
        if (type == "integer" || type == "number") {
            std::int64_t integer = 0;
            if (auto [stop, problem] = std::from_chars(begin, end, integer); problem == std::errc() && stop == end)
                return integer;
        }
        if (type == "number") {
            double number = 0;
            auto [stop, problem] = std::from_chars(begin, end, number);
            if (problem == std::errc() && stop == end && std::isfinite(number)) return number;
        }
    }
    return json::value(text);
}

}  // namespace slipway
