#include "net/cors.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::net {
namespace {

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

std::string open_methods(const Cors& cors, const std::vector<Method>& allowed) {
    std::vector<std::string> open;
    for (const auto method : allowed)
        if (std::ranges::find(cors.methods, to_string(method)) != cors.methods.end())
            open.emplace_back(to_string(method));
    return join(open, ", ");
}

struct Origin {
    bool secure = false;
    std::string_view authority;
};

// "https://app.example:8443"; "null" and other schemes are no origin of this server.
std::optional<Origin> parse_origin(std::string_view text) {
    constexpr std::string_view kPlain = "http://", kSecure = "https://";
    if (text.starts_with(kSecure)) return Origin{true, text.substr(kSecure.size())};
    if (text.starts_with(kPlain)) return Origin{false, text.substr(kPlain.size())};
    return std::nullopt;
}

std::string_view without_default_port(std::string_view authority, bool secure) {
    const std::string_view port = secure ? ":443" : ":80";
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
    return authority;
}

// The scheme of a plain connection proves nothing: TLS may have ended at a proxy that does not tell.
bool is_own(const Request& request, std::string_view text) {
    const auto origin = parse_origin(text);
    if (!origin || origin->authority.empty() || (request.secure && !origin->secure)) return false;
    return equal_ignoring_case(without_default_port(origin->authority, origin->secure),
                               without_default_port(request.headers.get("Host"), origin->secure));
}

}  // namespace

bool may_open_socket(const Cors& cors, const Request& request) {
    return std::ranges::all_of(request.headers, [&](const auto& header) {
        const auto& [name, origin] = header;
        return !equal_ignoring_case(name, "Origin") || admitted(cors, origin) || is_own(request, origin);
    });
}

void add_cors_headers(const Cors& cors, const Request& request, Headers& headers) {
    if (cors.origins.empty()) return;
    const bool any = any_origin(cors);
    if (!any) headers.add("Vary", "Origin");
    const auto origin = request.headers.get("Origin");
    if (!admitted(cors, origin)) return;
    headers.set("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
    if (cors.credentials && !any) headers.set("Access-Control-Allow-Credentials", "true");
    if (!cors.exposed.empty()) headers.set("Access-Control-Expose-Headers", join(cors.exposed, ", "));
}

Response answer_options(const Cors& cors, const Request& request, const std::vector<Method>& allowed) {
    auto response = Response::empty(204);
    const auto methods = allow_list(allowed);
    response.headers.add("Allow", methods);
    const bool preflight = request.headers.has("Access-Control-Request-Method");
    if (!preflight || !admitted(cors, request.headers.get("Origin"))) return response;
    response.headers.add("Access-Control-Allow-Methods", cors.methods.empty() ? methods : open_methods(cors, allowed));
    const auto wanted = request.headers.get("Access-Control-Request-Headers");
    if (!cors.headers.empty())
        response.headers.add("Access-Control-Allow-Headers", join(cors.headers, ", "));
    else if (is_name_list(wanted))
        response.headers.add("Access-Control-Allow-Headers", std::string(wanted));
    response.headers.add("Access-Control-Max-Age", fmt::format("{}", cors.max_age.count()));
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
