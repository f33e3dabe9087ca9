#include "app/capabilities/route_access.h"
#include "app/operations/operations.h"

namespace slipway::app {
namespace {

std::string text_of(const json::object& object, std::string_view key) { return std::string(text_or(object, key)); }

}  // namespace

json::object user_json(const account::User& user) {
    return {{"id", user.id},
            {"number", user.number},
            {"email", user.email},
            {"username", user.username},
            {"role", account::to_string(user.role)},
            {"is_admin", user.role >= account::Role::admin},
            {"active", user.active},
            {"created_at", to_iso8601(user.created_at)}};
}

void bind_account_operations(ScriptHost& host, const Capabilities& capabilities) {
    host.bind("accounts.register", [&capabilities](CallContext&, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        account::Registration registration;
        registration.email = text_of(arguments, "email");
        registration.username = text_of(arguments, "username");
        registration.password = text_of(arguments, "password");
        SLIPWAY_CO_TRY(const auto user, co_await capabilities.accounts.register_user(std::move(registration)));
        co_return json::value(user_json(user));
    });
    host.bind("accounts.sign_in", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        const auto address = context.request != nullptr ? context.request->remote_address : std::string();
        SLIPWAY_CO_TRY(const auto tokens, co_await capabilities.accounts.sign_in(
                                              text_of(arguments, "name"), text_of(arguments, "password"), address));
        co_return json::value(json::object{{"access_token", tokens.access_token},
                                           {"refresh_token", tokens.refresh_token},
                                           {"expires_in", tokens.expires_in.count()},
                                           {"user", user_json(tokens.user)}});
    });
    host.bind("accounts.authenticate", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        account::Credential credential;
        credential.bearer = text_of(arguments, "token");
        if (context.request != nullptr) {
            credential.visit.address = context.request->remote_address;
            credential.visit.user_agent = context.request->headers.get("User-Agent");
            credential.visit.request_id = context.request->request_id;
        }
        SLIPWAY_CO_TRY(auto principal, co_await capabilities.authentication.principal(std::move(credential)));
        if (context.request != nullptr) {
            SLIPWAY_CO_TRY(principal, co_await enter_route(capabilities, *context.request, std::move(principal)));
        }
        set_principal(context, std::move(principal));
        co_return context.user;
    });
}

}  // namespace slipway::app
