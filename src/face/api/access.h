// Who makes a request, and what it says: the two questions that begin every handler.
#pragma once

#include "app/capabilities/capabilities.h"
#include "app/capabilities/visit.h"
#include "net/router.h"

namespace slipway::face {

using app::visit_of;

// The token of "Authorization: Bearer …"; empty when there is none.
std::string_view bearer_of(const net::Request& request);
// All that it shows of who makes it.
account::Credential credential_of(const app::Capabilities& capabilities, const net::Request& request);
// Who it stands for. `unauthorized` when it is missing or wrong.
Task<account::Principal> principal_of(const app::Capabilities& capabilities, const net::Request& request);
// The same, or `forbidden` when the role is less.
Task<account::Principal> principal_with(const app::Capabilities& capabilities, const net::Request& request,
                                        account::Role least);

// The body as a JSON object that fits the schema; `invalid` with details.errors.
Result<json::object> body_of(const net::Request& request, const json::value& schema);

// A whole number of the query inside a range; `invalid` names the parameter.
Result<std::size_t> count_of(const net::Request& request, std::string_view name, std::size_t otherwise,
                             std::size_t most);

// A handler that returns a Result; errors are rendered in one place.
using ResultHandler = std::function<Task<net::Response>(net::Request&)>;
net::Handler handler(ResultHandler inner);
// The same for a function that needs the capabilities, which outlive the router.
net::Handler handler(const app::Capabilities& capabilities,
                     Task<net::Response> (*inner)(const app::Capabilities&, net::Request&));

json::object schema(std::initializer_list<std::pair<std::string_view, json::value>> properties,
                    std::initializer_list<std::string_view> required = {});
inline json::object text_schema(std::string_view description = "") {
    json::object type{{"type", "string"}};
    if (!description.empty()) type["description"] = description;
    return type;
}
inline json::object type_schema(std::string_view type) { return {{"type", type}}; }
inline json::object array_schema(json::value items) { return {{"type", "array"}, {"items", std::move(items)}}; }

}  // namespace slipway::face
