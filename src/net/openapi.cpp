// The routes as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0).
#include "base/text.h"
#include "net/router.h"

namespace slipway::net {
namespace {

json::object text_schema(std::string_view type, std::string_view description) {
    return {{"type", type}, {"description", description}};
}

// All of error.h; `internal` is its last.
json::array error_codes() {
    json::array codes;
    for (unsigned code = 0; code <= static_cast<unsigned>(ErrorCode::internal); ++code)
        codes.emplace_back(to_string(static_cast<ErrorCode>(code)));
    return codes;
}

json::value default_error_schema() {
    auto code = text_schema("string", "What kind of failure, for programs.");
    code["enum"] = error_codes();
    json::object error{
        {"type", "object"},
        {"required", json::array{"code", "message"}},
        {"properties", json::object{{"code", std::move(code)},
                                    {"message", text_schema("string", "What is wrong and what to do, for a person.")},
                                    {"details", text_schema("object", "Facts about this failure.")}}}};
    return json::object{{"type", "object"},
                        {"required", json::array{"error"}},
                        {"properties", json::object{{"error", std::move(error)}}}};
}

json::object content(std::string_view type, const json::value& schema) {
    json::object media;
    if (!schema.is_null()) media["schema"] = schema;
    return {{std::string_view(type), std::move(media)}};
}

json::object path_parameter(std::string_view name, std::string_view kind) {
    json::object parameter{{"name", name}, {"in", "path"}, {"required", true}};
    parameter["schema"] =
        kind == "int" ? json::object{{"type", "integer"}, {"minimum", 0}} : json::object{{"type", "string"}};
    if (kind == "rest") parameter["description"] = "May hold slashes.";
    return parameter;
}

// "/files/{path:rest}" → "/files/{path}"; the parameters are appended to `parameters`.
std::string template_of(std::string_view pattern, json::array& parameters) {
    std::string path;
    for (const auto segment : split(pattern.substr(1), '/')) {
        path += '/';
        if (!segment.starts_with('{')) {
            path += segment;
            continue;
        }
        const auto inside = segment.substr(1, segment.size() - 2);
        const auto colon = std::min(inside.find(':'), inside.size());
        const auto name = inside.substr(0, colon);
        parameters.push_back(path_parameter(name, inside.substr(std::min(colon + 1, inside.size()))));
        path.append("{").append(name).append("}");
    }
    return path;
}

json::object query_parameter(std::string_view name, const json::value& described) {
    json::object parameter{{"name", name}, {"in", "query"}};
    auto schema = described.is_object() ? described.get_object() : json::object();
    parameter["required"] = bool_or(schema, "required", false);
    schema.erase("required");
    if (const auto description = std::string(text_or(schema, "description")); !description.empty()) {
        parameter["description"] = description;
        schema.erase("description");
    }
    parameter["schema"] = std::move(schema);
    return parameter;
}

// "get_api_chats_id": stable as long as the route is.
std::string operation_id(std::string_view method, std::string_view path) {
    std::string id(method);
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain)
            id += c;
        else if (id.back() != '_')
            id += '_';
    }
    while (id.back() == '_') id.pop_back();
    return id;
}

json::object responses_of(const Route& route) {
    const auto& operation = route.operation;
    json::object responses;
    if (std::holds_alternative<WebSocketHandler>(route.handler)) {
        responses["101"] = json::object{{"description", "The connection becomes a WebSocket."}};
    } else {
        json::object success{{"description", reason_phrase(operation.success_status)}};
        if (operation.success_status != 204)
            success["content"] = content(operation.response_type, operation.response_schema);
        responses[std::to_string(operation.success_status)] = std::move(success);
    }
    responses["default"] = json::object{{"$ref", "#/components/responses/Error"}};
    return responses;
}

json::object describe(const Route& route, std::string_view method, std::string_view path, json::array parameters) {
    const auto& operation = route.operation;
    json::object described{{"operationId", operation_id(method, path)}};
    if (!operation.summary.empty()) described["summary"] = operation.summary;
    if (!operation.tag.empty()) described["tags"] = json::array{json::value(operation.tag)};
    for (const auto& [name, schema] : operation.parameters) parameters.push_back(query_parameter(name, schema));
    if (!parameters.empty()) described["parameters"] = std::move(parameters);
    if (!operation.request_schema.is_null())
        described["requestBody"] =
            json::object{{"required", true}, {"content", content(operation.request_type, operation.request_schema)}};
    described["responses"] = responses_of(route);
    if (operation.authenticated) {
        json::array scopes;  // OpenAPI 3.1 admits the names of roles and scopes beside any kind of security scheme
        if (!operation.scope.empty()) scopes.emplace_back(operation.scope);
        described["security"] = json::array{json::object{{"bearer", std::move(scopes)}}};
    }
    return described;
}

json::object components(json::value error_schema) {
    const json::value reference = json::object{{"$ref", "#/components/schemas/Error"}};
    json::object error{{"description", "It did not work; the body says why."},
                       {"content", content("application/json", reference)}};
    return {
        {"securitySchemes", json::object{{"bearer", json::object{{"type", "http"}, {"scheme", "bearer"}}}}},
        {"schemas", json::object{{"Error", error_schema.is_null() ? default_error_schema() : std::move(error_schema)}}},
        {"responses", json::object{{"Error", std::move(error)}}}};
}

}  // namespace

json::object openapi(const Router& router, std::string_view title, std::string_view version, json::value error_schema) {
    json::object paths;
    for (const auto& route : router.routes()) {
        if (route->operation.hidden) continue;
        json::array parameters;
        const auto path = template_of(route->pattern, parameters);
        const auto method = lower_ascii(to_string(route->method));
        auto& slot = paths[path];
        if (!slot.is_object()) slot = json::object();
        // A GET route describes the path better than a WebSocket on the same one.
        if (std::holds_alternative<WebSocketHandler>(route->handler) && slot.get_object().contains(method)) continue;
        slot.get_object()[method] = describe(*route, method, path, std::move(parameters));
    }
    return {{"openapi", "3.1.0"},
            {"info", json::object{{"title", title}, {"version", version}}},
            {"paths", std::move(paths)},
            {"components", components(std::move(error_schema))}};
}

}  // namespace slipway::net
