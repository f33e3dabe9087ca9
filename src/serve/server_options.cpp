#include "serve/server_options.h"

#include "face/api/access.h"
#include "serve/host_rule.h"
#include "serve/metrics.h"

namespace slipway::serve {

namespace {

// accounts.required: who is not known gets nowhere but to the probes and the ways to sign in.
class ClosedGate {
 public:
    explicit ClosedGate(const Application& application) : application_(&application) {
        for (const auto& route : application.manifest().accounts.open_routes)
            if (auto rule = app::RouteRule::parse(route)) open_.push_back(*std::move(rule));
    }

    Task<void> admit(const net::Request& request, const net::Operation& operation) const {
        const auto& server = application_->manifest().server;
        // A route that says so asks for itself, and figures and commands have ways of their own.
        if (operation.authenticated || request.private_socket || is_probe(server, request) ||
            request.route == server.metrics.path)
            co_return Result<void>();
        const auto covers = [&](const app::RouteRule& rule) { return rule.covers(request); };
        if (std::ranges::any_of(open_, covers)) co_return Result<void>();
        SLIPWAY_CO_CHECK(co_await face::principal_of(application_->capabilities(), request));
        co_return Result<void>();
    }

 private:
    const Application* application_;
    std::vector<app::RouteRule> open_;
};

}  // namespace

static void add_security_headers(net::ServerOptions& options, const app::SecurityHeadersSection& section) {
    const auto add = [&options](std::string_view name, const std::string& value) {
        if (!value.empty()) options.headers.emplace_back(name, value);
    };
    add("X-Frame-Options", section.frame_options);
    add("Content-Security-Policy", section.content_security_policy);
    add("Referrer-Policy", section.referrer_policy);
    add("Permissions-Policy", section.permissions_policy);
    if (const auto age = std::chrono::duration_cast<std::chrono::seconds>(section.strict_transport_security).count();
        age > 0)
        options.secure_headers.emplace_back("Strict-Transport-Security",
                                            fmt::format("max-age={}; includeSubDomains", age));
    options.no_store = section.no_store;
}

net::ServerOptions server_options(Application& application) {
    const auto& section = application.manifest().server;
    net::ServerOptions options;
    options.host = section.host;
    options.port = section.port;
    options.private_socket = private_socket_of(application.folder().path());
    if (section.tls.configured()) options.tls = net::TlsFiles{section.tls.certificate, section.tls.key};
    options.limits = section.limits;
    options.cors = {.origins = section.cors.origins,
                    .credentials = section.cors.credentials,
                    .methods = section.cors.methods,
                    .headers = section.cors.headers,
                    .exposed = section.cors.exposed,
                    .max_age = std::chrono::duration_cast<std::chrono::seconds>(section.cors.max_age)};
    options.proxies.count = section.trusted_proxies;
    for (const auto& network : section.proxy_networks)
        if (auto parsed = net::Network::parse(network)) options.proxies.networks.push_back(*std::move(parsed));
    add_security_headers(options, section.security_headers);
    if (!section.metrics.path.empty()) options.observe = observe_request;
    const auto* const limit = application.rate_limit();
    const bool closed = application.manifest().accounts.required;
    const bool refuses_hosts = application.manifest().accounts.domains.unknown == app::UnknownHosts::refuse;
    if (limit != nullptr || closed || application.may_rest() || refuses_hosts)
        options.admit = [&application, limit, closed, gate = ClosedGate(application)](
                            const net::Request& request, const net::Operation& operation,
                            net::Headers& told) -> Task<void> {
            const auto& server = application.manifest().server;
            const bool watches = is_probe(server, request) || request.route == server.metrics.path;
            if (!watches) application.note_request();
            SLIPWAY_CO_CHECK(co_await check_host(application, request));
            if (limit != nullptr) SLIPWAY_CO_CHECK(co_await limit->admit(request, told));
            if (!closed) co_return Result<void>();
            co_return co_await gate.admit(request, operation);
        };
    return options;
}

}  // namespace slipway::serve
