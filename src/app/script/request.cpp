#include <algorithm>
#include <charconv>

#include "app/script/http.h"
#include "base/json_schema.h"
#include "base/text.h"

namespace slipway::app {
namespace {

const json::value kNoSchema;

const json::value& schema_of(const json::object& properties, std::string_view name) {
    const auto* schema = properties.if_contains(name);
    return schema ? *schema : kNoSchema;
}

bool is_list(const json::value& schema) {
    return schema.is_object() && text_or(schema.get_object(), "type") == "array";
}

// Fields of a query or a form, typed by their schemas. A repeated field is a list when its schema says so; else the
// first counts.
json::object typed_fields(const net::Fields& fields, const json::object& properties) {
    json::object typed;
    for (const auto& [name, text] : fields) {
        const auto& schema = schema_of(properties, name);
        if (is_list(schema)) {
            auto& list = typed.contains(name) ? typed[name].get_array() : typed[name].emplace_array();
            const auto* items = find(schema.get_object(), "items");
            list.push_back(value_from_text(items ? *items : kNoSchema, text));
        } else if (!typed.contains(name)) {
            typed[name] = value_from_text(schema, text);
        }
    }
    return typed;
}

Result<json::value> read_query(const net::Request& request, const ScriptRoute& route) {
    const auto& declared = route.operation.parameters;
    json::value query = typed_fields(request.query, declared);
    if (declared.empty()) return query;
    const json::value schema = json::object{{"type", "object"}, {"properties", declared}};
    apply_defaults(schema, query);
    SLIPWAY_CHECK(check_value(schema, query, "The query"));
    return query;
}

// The router matched {n:int} by its digits; more than an integer holds stays text.
json::object read_parameters(const net::Request& request, const ScriptRoute& route) {
    json::object parameters;
    for (const auto& [name, text] : request.parameters) {
        std::int64_t number = 0;
        const auto* end = text.data() + text.size();
        const bool wanted = route.pattern.find("{" + name + ":int}") != std::string::npos;
        if (wanted && std::from_chars(text.data(), end, number).ptr == end &&
            (number != 0 || text.find_first_not_of('0') == std::string::npos))
            parameters[name] = number;
        else
            parameters[name] = text;
    }
    return parameters;
}

json::object read_headers(const net::Request& request) {
    json::object headers;
    for (const auto& [name, value] : request.headers) {
        const auto key = lower_ascii(name);
        if (const auto* earlier = headers.if_contains(key))
            headers[key] = to_text(earlier->get_string()) + ", " + to_valid_utf8(value);
        else
            headers[key] = to_valid_utf8(value);
    }
    return headers;
}

Result<json::value> read_form(const net::Request& request, const ScriptRoute& route, CallContext& context) {
    const auto& schema = route.operation.request_schema;
    const auto* declared = schema.is_object() ? object_in(schema.get_object(), "properties") : nullptr;
    const auto& properties = declared ? *declared : json::object();
    const auto type = lower_ascii(request.headers.get("Content-Type"));
    if (!type.starts_with("multipart/form-data")) {
        const auto fields = net::parse_form(request.body);
        if (!fields) return fail(ErrorCode::invalid, "The body is not a valid form.");
        return typed_fields(*fields, properties);
    }
    SLIPWAY_TRY(auto parts, net::parse_multipart(request.headers.get("Content-Type"), request.body));
    net::Fields fields;
    json::object files;
    for (auto& part : parts) {
        if (part.file_name.empty() && part.content_type.empty()) {
            if (!is_valid_utf8(part.data))
                return fail(ErrorCode::invalid, "The field {} is not valid UTF-8.", to_valid_utf8(part.name));
            fields.emplace_back(part.name, part.data);
            continue;
        }
        json::object file{{"index", context.files.size() + 1},
                          {"filename", to_valid_utf8(part.file_name)},
                          {"content_type", to_valid_utf8(part.content_type)},
                          {"size", part.data.size()}};
        files.insert_or_assign(to_valid_utf8(part.name), std::move(file));
        context.files.push_back(std::move(part));
    }
    auto body = typed_fields(fields, properties);
    for (auto& [name, file] : files) body.insert_or_assign(name, std::move(file));
    return json::value(std::move(body));
}

// A file is declared as {format = "binary"}, mostly with type string; what scripts get is a table.
json::value without_files(json::value schema) {
    if (!schema.is_object() || !schema.get_object().contains("properties")) return schema;
    for (auto& [name, property] : schema.get_object()["properties"].get_object())
        if (property.is_object() && text_or(property.get_object(), "format") == "binary")
            property = json::object{{"type", "object"}};
    return schema;
}

// A schema of {type = {"object", "null"}} takes a body or none.
bool schema_allows_null(const json::value& schema) {
    const auto* types = schema.is_object() ? array_in(schema.get_object(), "type") : nullptr;
    return types != nullptr && std::ranges::any_of(*types, [](const auto& type) { return type == "null"; });
}

Result<json::value> read_body(const net::Request& request, const ScriptRoute& route, CallContext& context) {
    const auto& schema = route.operation.request_schema;
    json::value body;
    if (route.form) {
        SLIPWAY_TRY(body, read_form(request, route, context));
    } else if (!request.body.empty()) {
        JsonLimits limits;
        limits.bytes_max = std::max(limits.bytes_max, route.operation.body_bytes_max);
        SLIPWAY_TRY(body, parse_json(request.body, limits));
    } else if (schema.is_null() || schema_allows_null(schema)) {
        return body;
    } else {
        return fail(ErrorCode::invalid, "The request needs a body.");
    }
    if (schema.is_null()) return body;
    apply_defaults(schema, body);
    SLIPWAY_CHECK(check_value(route.form ? without_files(schema) : schema, body, "The body"));
    return body;
}

}  // namespace

Result<json::value> read_request(const net::Request& request, const ScriptRoute& route, CallContext& context) {
    json::object table;
    table["method"] = net::to_string(request.method);
    table["path"] = request.path;
    table["params"] = read_parameters(request, route);
    SLIPWAY_TRY(table["query"], read_query(request, route));
    table["headers"] = read_headers(request);
    table["request_id"] = context.request_id;
    if (!context.user.is_null()) table["user"] = context.user;
    if (!context.workspace.empty()) table["workspace"] = context.workspace;
    if (!route.websocket && (route.form || !request.body.empty() || !route.operation.request_schema.is_null())) {
        SLIPWAY_TRY(table["body"], read_body(request, route, context));
    }
    return json::value(std::move(table));
}

}  // namespace slipway::app
