#include "net/cors.h"

#include <algorithm>

namespace slipway::net {
namespace {

constexpr std::string_view kPreflightSeconds = "600";

bool any_origin(const Cors& cors) { return cors.origins.size() == 1 && cors.origins.front() == "*"; }

bool admitted(const Cors& cors, std::string_view origin) {
    return !origin.empty() && (any_origin(cors) || std::ranges::find(cors.origins, origin) != cors.origins.end());
}

// Header names as a preflight lists them; anything else is not repeated back.
bool is_name_list(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == ',' || c == ' ';
    });
}

}  // namespace

void add_cors_headers(const Cors& cors, const Request& request, Headers& headers) {
    if (cors.origins.empty()) return;
    const bool any = any_origin(cors);
    if (!any) headers.add("Vary", "Origin");
    const auto origin = request.headers.get("Origin");
    if (!admitted(cors, origin)) return;
    headers.set("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
    if (cors.credentials && !any) headers.set("Access-Control-Allow-Credentials", "true");
    headers.set("Access-Control-Expose-Headers", "X-Request-Id");
}

Response answer_options(const Cors& cors, const Request& request, const std::vector<Method>& allowed) {
    auto response = Response::empty(204);
    const auto methods = allow_list(allowed);
    response.headers.add("Allow", methods);
    const bool preflight = request.headers.has("Access-Control-Request-Method");
    if (!preflight || !admitted(cors, request.headers.get("Origin"))) return response;
    response.headers.add("Access-Control-Allow-Methods", methods);
    const auto wanted = request.headers.get("Access-Control-Request-Headers");
    if (is_name_list(wanted)) response.headers.add("Access-Control-Allow-Headers", std::string(wanted));
    response.headers.add("Access-Control-Max-Age", std::string(kPreflightSeconds));
    return response;
}

std::string allow_list(const std::vector<Method>& allowed) {
    std::string list;
    for (const auto method : allowed) {
        if (method == Method::options) continue;
        list.append(to_string(method)).append(", ");
    }
    return list + "OPTIONS";
}

}  // namespace slipway::net
