#include "app/capabilities/route_access.h"

namespace slipway::app {
namespace {

// As the request names it; "": it does not.
Task<std::string> named_workspace(const Capabilities& capabilities, const net::Request& request) {
    if (request.operation != nullptr && !request.operation->workspace.empty())
        co_return std::string(request.parameter(request.operation->workspace));
    if (const auto header = request.headers.get(kWorkspaceHeader); !header.empty()) co_return std::string(header);
    SLIPWAY_CO_TRY(const auto domain,
                   co_await capabilities.domains.workspace_of(std::string(request.headers.get("Host"))));
    co_return domain ? domain->value : std::string();
}

}  // namespace

Task<account::Principal> enter_route(const Capabilities& capabilities, const net::Request& request,
                                     account::Principal principal) {
    const bool narrowed = principal.scopes != nullptr;
    SLIPWAY_CO_TRY(auto named, co_await named_workspace(capabilities, request));
    if (!named.empty() && named != principal.workspace.value) {
        SLIPWAY_CO_TRY(principal, co_await capabilities.workspaces.enter(std::move(principal), std::move(named)));
    }
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.check_open(principal));
    capabilities.roles.apply(principal);
    if (request.operation == nullptr) co_return principal;
    const auto& scope = request.operation->scope;
    if (!scope.empty()) SLIPWAY_CO_CHECK(account::Roles::check(principal, scope));
    if (scope.empty() && narrowed && request.operation->authenticated)
        co_return fail(ErrorCode::forbidden, "This key may only call what states its scope, which this does not.");
    co_return principal;
}

}  // namespace slipway::app
