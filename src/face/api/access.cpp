#include "face/api/access.h"

#include <charconv>

#include "base/json_schema.h"
#include "base/text.h"
#include "face/api/errors.h"

namespace slipway::face {

std::string_view bearer_of(const net::Request& request) {
    const auto header = request.headers.get("Authorization");
    constexpr std::string_view kScheme = "bearer ";
    if (header.size() <= kScheme.size() || !equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) return {};
    return trim(header.substr(kScheme.size()));
}

account::Credential credential_of(const app::Capabilities& capabilities, const net::Request& request) {
    account::Credential credential;
    credential.bearer = bearer_of(request);
    const auto& options = capabilities.authentication.options();
    if (!options.service_header.empty()) credential.service = request.headers.get(options.service_header);
    if (!options.edge_header.empty()) credential.edge_assertion = request.headers.get(options.edge_header);
    credential.visit = visit_of(request);
    return credential;
}

Task<account::Principal> principal_of(const app::Capabilities& capabilities, const net::Request& request) {
    auto credential = credential_of(capabilities, request);
    co_return co_await capabilities.authentication.principal(std::move(credential));
}

Task<account::Principal> principal_with(const app::Capabilities& capabilities, const net::Request& request,
                                        account::Role least) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_CHECK(principal.require(least));
    co_return principal;
}

Result<json::object> body_of(const net::Request& request, const json::value& body_schema) {
    JsonLimits limits;
    limits.bytes_max = std::max(limits.bytes_max, request.body.size());  // the route has limited it already
    const std::string_view text = request.body.empty() ? std::string_view("{}") : std::string_view(request.body);
    SLIPWAY_TRY(auto parsed, parse_json(text, limits));
    SLIPWAY_CHECK(check_value(body_schema, parsed, "The body"));
    return std::move(parsed.as_object());
}

Result<std::size_t> count_of(const net::Request& request, std::string_view name, std::size_t otherwise,
                             std::size_t most) {
    const auto text = request.query_value(name);
    if (text.empty()) return otherwise;
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > most)
        return fail(ErrorCode::invalid, "The parameter {} must be a whole number from 0 to {}.", name, most);
    return value;
}

net::Handler handler(ResultHandler inner) {
    return [inner = std::move(inner)](net::Request& request) -> asio::awaitable<net::Response> {
        auto result = co_await inner(request);
        if (result) co_return *std::move(result);
        co_return render_error(request, result.error());
    };
}

net::Handler handler(const app::Capabilities& capabilities,
                     Task<net::Response> (*inner)(const app::Capabilities&, net::Request&)) {
    return handler([&capabilities, inner](net::Request& request) { return inner(capabilities, request); });
}

json::object schema(std::initializer_list<std::pair<std::string_view, json::value>> properties,
                    std::initializer_list<std::string_view> required) {
    json::object fields;
    for (const auto& [name, type] : properties) fields[name] = type;
    json::object object{{"type", "object"}, {"properties", std::move(fields)}};
    if (required.size() == 0) return object;
    json::array names;
    for (const auto name : required) names.emplace_back(name);
    object["required"] = std::move(names);
    return object;
}

}  // namespace slipway::face
