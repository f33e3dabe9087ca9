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
        SLIPWAY_CO_TRY(const auto tokens,
                       co_await capabilities.accounts.sign_in(text_of(arguments, "name"),
                                                              text_of(arguments, "password"), visit_of(context)));
        co_return json::value(tokens_json(tokens));
    });
    host.bind("accounts.authenticate", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        account::Credential credential;
        credential.bearer = text_of(arguments, "token");
        credential.visit = visit_of(context);
        SLIPWAY_CO_TRY(auto principal, co_await capabilities.authentication.principal(std::move(credential)));
        set_principal(context, std::move(principal));
        co_return context.user;
    });
}

}  // namespace slipway::app
