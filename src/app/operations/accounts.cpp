#include "account/devices.h"
#include "app/capabilities/route_access.h"
#include "app/operations/operations.h"

namespace slipway::app {
json::object user_json(const account::User& user) {
    json::object shown{{"id", user.id},
                       {"number", user.number},
                       {"email", user.email},
                       {"username", user.username},
                       {"display_name", user.display_name},
                       {"role", account::to_string(user.role)},
                       {"system_role", user.system_role},
                       {"is_admin", user.role >= account::Role::admin},
                       {"active", user.active},
                       {"anonymous", user.anonymous},
                       {"email_verified", user.email_verified_at.has_value()},
                       {"profile", user.profile},
                       {"created_at", to_iso8601(user.created_at)}};
    if (!user.default_workspace.empty()) shown["default_workspace"] = user.default_workspace;
    if (user.last_sign_in_at) shown["last_sign_in_at"] = to_iso8601(*user.last_sign_in_at);
    return shown;
}

namespace {

Result<account::NewSession> session_of(const CallContext& context, const json::object& arguments) {
    account::NewSession session{.visit = visit_of(context)};
    if (const auto* device = object_in(arguments, "device")) {
        SLIPWAY_TRY(session.device, account::device_from(*device));
    }
    return session;
}

Task<json::value> register_user(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    account::Registration registration;
    registration.email = text_of(arguments, "email");
    registration.username = text_of(arguments, "username");
    registration.password = text_of(arguments, "password");
    registration.display_name = text_of(arguments, "display_name");
    SLIPWAY_CO_TRY(auto session, session_of(context, arguments));
    if (capabilities.accounts.verification() == account::Verification::required) {
        SLIPWAY_CO_CHECK(co_await capabilities.credentials.ask_sign_up(std::move(registration), session.visit));
        co_return json::value(json::object{{"accepted", true}});
    }
    SLIPWAY_CO_TRY(auto user,
                   co_await capabilities.credentials.sign_up_at_once(std::move(registration), session.visit));
    if (const auto* profile = object_in(arguments, "profile")) {
        account::ProfileChange change{.profile = *profile};
        SLIPWAY_CO_TRY(user, co_await capabilities.persons.change(std::move(user), std::move(change), session.visit));
    }
    if (!bool_or(arguments, "sign_in", false)) co_return json::value(user_json(user));
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.sign_in_without_password(std::move(user), std::move(session)));
    co_return json::value(tokens_json(tokens));
}

Task<json::value> sign_in(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(auto session, session_of(context, arguments));
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.sign_in(text_of(arguments, "name"), text_of(arguments, "password"),
                                                          std::move(session.visit), std::move(session.device)));
    co_return json::value(tokens_json(tokens));
}

Task<json::value> set_system_role(const Capabilities& capabilities, CallContext& context, json::object arguments) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto user,
                   co_await capabilities.accounts.set_system_role(std::move(principal), text_of(arguments, "id"),
                                                                  text_of(arguments, "role"), visit_of(context)));
    co_return json::value(user_json(user));
}

}  // namespace

void bind_account_operations(ScriptHost& host, const Capabilities& capabilities) {
    host.bind("accounts.register", [&capabilities](CallContext& context, json::value given) {
        return register_user(capabilities, context, object_of(std::move(given)));
    });
    host.bind("accounts.sign_in", [&capabilities](CallContext& context, json::value given) {
        return sign_in(capabilities, context, object_of(std::move(given)));
    });
    host.bind("accounts.set_system_role", [&capabilities](CallContext& context, json::value given) {
        return set_system_role(capabilities, context, object_of(std::move(given)));
    });
    host.bind("accounts.authenticate", [&capabilities](CallContext& context, json::value given) -> Task<json::value> {
        const auto arguments = object_of(std::move(given));
        account::Credential credential;
        credential.bearer = text_of(arguments, "token");
        credential.visit = visit_of(context);
        SLIPWAY_CO_TRY(auto principal, co_await capabilities.authentication.principal(std::move(credential)));
        if (context.request != nullptr) {
            SLIPWAY_CO_TRY(principal, co_await enter_route(capabilities, *context.request, std::move(principal)));
        }
        set_principal(context, std::move(principal));
        co_return context.user;
    });
}

}  // namespace slipway::app
