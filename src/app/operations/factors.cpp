#include "app/capabilities/factor_json.h"
#include "app/operations/operations.h"

namespace slipway::app {
namespace {

Task<json::value> list(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(auto answer, co_await described_factors(capabilities, std::move(principal)));
    co_return json::value(std::move(answer));
}

Task<json::value> add(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(auto answer,
                   co_await add_factor(capabilities, std::move(principal), text_of(given, "name"), visit_of(context)));
    co_return json::value(std::move(answer));
}

Task<json::value> confirm(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(auto answer, co_await confirm_factor(capabilities, std::move(principal), text_of(given, "id"),
                                                        text_of(given, "code"), visit_of(context)));
    co_return json::value(std::move(answer));
}

Task<json::value> remove(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(
        co_await capabilities.factors.remove(std::move(principal), text_of(given, "id"), visit_of(context)));
    co_return json::value(json::object());
}

Task<json::value> recovery_codes(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_TRY(auto answer, co_await new_recovery_codes(capabilities, std::move(principal), visit_of(context)));
    co_return json::value(std::move(answer));
}

Task<json::value> finish_sign_in(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(const auto tokens, co_await capabilities.accounts.finish_sign_in(
                                          text_of(given, "factor_token"), text_of(given, "code"), visit_of(context)));
    co_return json::value(tokens_json(tokens));
}

Task<json::value> reauthenticate(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(co_await capabilities.accounts.reauthenticate(std::move(principal), text_of(given, "password"),
                                                                   text_of(given, "code"), visit_of(context)));
    co_return json::value(json::object());
}

Task<json::value> sign_in_anonymously(const Capabilities& capabilities, CallContext& context, json::object given) {
    std::optional<account::NewDevice> device;
    if (const auto* const described = object_in(given, "device")) {
        SLIPWAY_CO_TRY(device, account::device_from(*described));
    }
    SLIPWAY_CO_TRY(const auto tokens, co_await capabilities.anonymous.sign_in(visit_of(context), std::move(device)));
    co_return json::value(tokens_json(tokens));
}

Task<json::value> upgrade(const Capabilities& capabilities, CallContext& context, json::object given) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    account::Registration registration;
    registration.email = text_of(given, "email");
    registration.username = text_of(given, "username");
    registration.password = text_of(given, "password");
    registration.display_name = text_of(given, "display_name");
    SLIPWAY_CO_TRY(const auto user, co_await capabilities.anonymous.upgrade(
                                        std::move(principal), std::move(registration), visit_of(context)));
    co_return json::value(user_json(user));
}

}  // namespace

void bind_factor_operations(ScriptHost& host, const Capabilities& capabilities) {
    bind_object(host, capabilities, "factors.list", list);
    bind_object(host, capabilities, "factors.add", add);
    bind_object(host, capabilities, "factors.confirm", confirm);
    bind_object(host, capabilities, "factors.remove", remove);
    bind_object(host, capabilities, "factors.recovery_codes", recovery_codes);
    bind_object(host, capabilities, "factors.finish_sign_in", finish_sign_in);
    bind_object(host, capabilities, "accounts.reauthenticate", reauthenticate);
    bind_object(host, capabilities, "accounts.sign_in_anonymously", sign_in_anonymously);
    bind_object(host, capabilities, "accounts.upgrade", upgrade);
}

}  // namespace slipway::app
