#include "app/operations/operations.h"

#include "app/capabilities/factor_json.h"
#include "app/capabilities/visit.h"
#include "base/crypto.h"

namespace slipway::app {

void set_principal(CallContext& context, account::Principal principal) {
    context.user = user_json(principal.user);
    if (principal.scopes != nullptr) {
        json::array scopes;
        for (const auto& scope : *principal.scopes) scopes.emplace_back(scope);
        auto& user = context.user.get_object();
        user["role"] = principal.user.role_name;
        user["scopes"] = std::move(scopes);
    }
    context.workspace = principal.workspace.value;
    context.principal = std::move(principal);
}

Result<account::Principal> principal_of(const CallContext& context) {
    const auto* principal = std::any_cast<account::Principal>(&context.principal);
    if (principal == nullptr) return fail(ErrorCode::unauthorized, "Sign in first.");
    return *principal;
}

Task<account::Principal> principal_of_now(const Capabilities& capabilities, CallContext& context) {
    SLIPWAY_CO_TRY(auto principal, principal_of(context));
    if (context.lasting) {
        SLIPWAY_CO_TRY(principal, co_await capabilities.authentication.renew(std::move(principal)));
        SLIPWAY_CO_CHECK(co_await capabilities.workspaces.check_open(principal));
        capabilities.roles.apply(principal);
        set_principal(context, principal);
    }
    co_return principal;
}

account::Visit visit_of(const CallContext& context) {
    if (context.request != nullptr) return visit_of(*context.request);
    return {.request_id = context.request_id};
}

json::object tokens_json(const account::Tokens& tokens) {
    if (tokens.challenge) return challenge_json(*tokens.challenge);
    json::object answer{{"access_token", tokens.access_token},
                        {"refresh_token", tokens.refresh_token},
                        {"expires_in", tokens.expires_in.count()},
                        {"user", user_json(tokens.user)},
                        {"session_id", tokens.session_id}};
    if (!tokens.device_id.empty()) answer["device_id"] = tokens.device_id;
    return answer;
}

void bind_object(ScriptHost& host, const Capabilities& capabilities, std::string name, ObjectOperation operation) {
    host.bind(std::move(name), [&capabilities, operation](CallContext& context, json::value given) {
        return operation(capabilities, context, object_of(std::move(given)));
    });
}

json::object object_of(json::value arguments) {
    if (auto* object = arguments.if_object()) return std::move(*object);
    return {};
}

void bind_operations(ScriptHost& host, const Capabilities& capabilities) {
    bind_account_operations(host, capabilities);
    bind_session_operations(host, capabilities);
    bind_factor_operations(host, capabilities);
    bind_key_operations(host, capabilities);
    bind_workspace_operations(host, capabilities);
    bind_chat_operations(host, capabilities);
    bind_document_operations(host, capabilities);
    bind_file_operations(host, capabilities);
    bind_background_operations(host, capabilities);
    bind_channel_operations(host, capabilities);
    bind_audit_operations(host, capabilities);

    host.bind("stores.check", [&capabilities](CallContext&, json::value) -> Task<json::value> {
        const auto stores = co_await capabilities.stores();
        json::array items;
        for (const auto& store : stores)
            items.push_back(
                json::object{{"name", store.name}, {"ok", store.error.empty()}, {"latency_ms", store.latency_ms}});
        co_return json::value(json::object{{"stores", std::move(items)}});
    });
    host.bind("random.token", [](CallContext&, json::value) -> Task<json::value> {
        co_return json::value(json::object{{"token", random_token()}});
    });
    host.bind("application.info", [&capabilities](CallContext&, json::value) -> Task<json::value> {
        co_return json::value(json::object{{"environment", capabilities.environment},
                                           {"production", capabilities.production},
                                           {"chat_model", capabilities.chat_model}});
    });
}

}  // namespace slipway::app
