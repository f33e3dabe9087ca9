#include "serve/host_rule.h"

#include <algorithm>

#include "base/text.h"
#include "serve/rate_limit.h"

namespace slipway::serve {
namespace {

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.") || host.ends_with(".localhost");
}

std::string name_of(std::string_view host) {
    if (host.starts_with('[')) return lower_ascii(host.substr(1, host.find(']') - 1));
    auto name = lower_ascii(host.substr(0, host.find(':')));
    if (name.ends_with('.')) name.pop_back();
    return name;
}

}  // namespace

Task<void> check_host(Application& application, const net::Request& request) {
    const auto& section = application.manifest().accounts.domains;
    if (section.unknown == app::UnknownHosts::admit) co_return Result<void>();
    if (request.private_socket || is_probe(application.manifest().server, request)) co_return Result<void>();
    const auto host = name_of(request.headers.get("Host"));
    const auto own = [&](const std::string& each) { return lower_ascii(each) == host; };
    if (is_loopback(host) || std::ranges::any_of(section.hosts, own)) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto workspace, co_await application.capabilities().domains.workspace_of(host));
    if (!workspace) co_return fail(ErrorCode::not_found, "Nothing is served under this host name.");
    co_return Result<void>();
}

}  // namespace slipway::serve
