// Roles, workspaces and domains of an application, from its manifest.
#include "net/dns_client.h"
#include "serve/application.h"

namespace slipway::serve {

Result<void> Application::open_workspaces() {
    const auto& section = manifest_.accounts;
    std::vector<account::RoleDefinition> own;
    for (const auto& role : section.roles.own) own.push_back({role.name, role.like, role.scopes});
    roles_ = std::make_unique<account::Roles>(section.roles.rights, own);
    account::WorkspacesOptions options;
    options.create = section.workspaces.create;
    options.quotas = section.workspaces.quotas;
    workspaces_ = std::make_unique<account::Workspaces>(*database_, *roles_, *audit_, std::move(options));
    auto servers = net::system_dns_servers();
    if (!section.domains.resolver.empty()) {
        SLIPWAY_TRY(const auto server, net::parse_dns_server(section.domains.resolver));
        servers = {server};
    }
    account::DomainsOptions proven;
    proven.prefix = section.domains.prefix;
    proven.token_prefix = section.domains.token_prefix;
    proven.target = section.domains.cname;
    proven.recheck_after = std::chrono::duration_cast<std::chrono::seconds>(section.domains.recheck);
    proven.resolve = [client = net::DnsClient(std::move(servers))](std::string name) {
        return client.texts(std::move(name));
    };
    domains_ = std::make_unique<account::Domains>(*database_, *audit_, std::move(proven));
    return {};
}

}  // namespace slipway::serve
