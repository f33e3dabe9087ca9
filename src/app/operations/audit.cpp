// slipway.audit.*: the security events of the workspace, for its admins.
#include "app/capabilities/audit.h"

#include "app/operations/operations.h"

namespace slipway::app {
namespace {

Task<account::Principal> reader_of(const Capabilities& capabilities, CallContext& context) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(principal.require(account::Role::admin));
    co_return principal;
}

}  // namespace

void bind_audit_operations(ScriptHost& host, const Capabilities& capabilities) {
    host.bind("audit.list", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        SLIPWAY_CO_TRY(const auto principal, co_await reader_of(capabilities, context));
        const auto wanted = object_of(std::move(given));
        SLIPWAY_CO_TRY(auto filter, event_filter(wanted));
        filter.workspace = principal.workspace.value;
        SLIPWAY_CO_TRY(auto page, co_await list_events(capabilities, std::move(filter)));
        co_return json::value(std::move(page));
    });
    host.bind("audit.get", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        SLIPWAY_CO_TRY(const auto principal, co_await reader_of(capabilities, context));
        const auto wanted = object_of(std::move(given));
        std::string id(text_or(wanted, "id"));
        SLIPWAY_CO_TRY(const auto event, co_await capabilities.audit.find(principal.workspace.value, std::move(id)));
        if (!event) co_return fail(ErrorCode::not_found, "There is no such security event.");
        co_return json::value(to_json(*event));
    });
}

}  // namespace slipway::app
