#include "serve/server_options.h"

#include "serve/host_rule.h"
#include "serve/metrics.h"

namespace slipway::serve {

net::ServerOptions server_options(Application& application, RateLimit* limit) {
    const auto& section = application.manifest().server;
    net::ServerOptions options;
    options.host = section.host;
    options.port = section.port;
    options.private_socket = private_socket_of(application.folder().path());
    if (section.tls.configured()) options.tls = net::TlsFiles{section.tls.certificate, section.tls.key};
    options.limits = section.limits;
    options.cors.origins = section.cors.origins;
    options.cors.credentials = section.cors.credentials;
    options.trusted_proxies = section.trusted_proxies;
    if (!section.metrics.path.empty()) options.observe = observe_request;
    const bool refuses_hosts = application.manifest().accounts.domains.unknown == app::UnknownHosts::refuse;
    if (limit != nullptr || application.may_rest() || refuses_hosts)
        options.admit = [&application, limit](const net::Request& request) -> Task<void> {
            const auto& server = application.manifest().server;
            const bool watches = is_probe(server, request) || request.route == server.metrics.path;
            if (!watches) application.note_request();
            SLIPWAY_CO_CHECK(co_await check_host(application, request));
            if (limit == nullptr) co_return Result<void>();
            co_return co_await limit->admit(request);
        };
    return options;
}

}  // namespace slipway::serve
