// /api/auth/factors: second factors, and the second step of a sign-in.
#include "app/capabilities/factor_json.h"
#include "face/api/access.h"
#include "face/api/account_answers.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

constexpr std::size_t kFactorBodyBytesMax = 4 << 10;

const json::value kNaming = schema({{"name", text_schema("what you call the device")}});
const json::value kCode = schema({{"code", text_schema("six digits of the authenticator")}}, {"code"});
const json::value kFinish = schema({{"factor_token", text_schema("of the answer to the sign-in")},
                                    {"code", text_schema("six digits of the authenticator, or a recovery code")}},
                                   {"factor_token", "code"});
const json::value kShownAgain =
    schema({{"password", text_schema()}, {"code", text_schema("where you have a second factor")}}, {"password"});

const json::value kUpgrade = schema({{"email", text_schema()},
                                     {"username", text_schema()},
                                     {"password", text_schema()},
                                     {"display_name", text_schema()}},
                                    {"email", "password"});

json::object factor_schema() {
    return schema({{"id", text_schema()},
                   {"kind", text_schema("totp")},
                   {"name", text_schema()},
                   {"confirmed", type_schema("boolean")},
                   {"created_at", text_schema()},
                   {"last_used_at", json::object{{"type", json::array{"string", "null"}}}}});
}

json::object new_factor_schema() {
    auto object = factor_schema();
    auto& properties = object["properties"].as_object();
    properties["secret"] = text_schema("for who types it, told this once");
    properties["uri"] = text_schema("for the QR code, told this once");
    return object;
}

json::object codes_schema() { return schema({{"recovery_codes", array_schema(text_schema())}}); }

// Of these routes: open to who has to add a second factor before anything else.
Task<account::Principal> adding_principal(const app::Capabilities& capabilities, const net::Request& request) {
    auto credential = credential_of(capabilities, request);
    credential.adding_factor = true;
    return capabilities.authentication.principal(std::move(credential));
}

net::Response told_once(int status, json::object answer) {
    auto response = net::Response::of_json(status, std::move(answer));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Task<net::Response> list_factors(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await adding_principal(capabilities, request));
    SLIPWAY_CO_TRY(auto answer, co_await app::described_factors(capabilities, std::move(principal)));
    co_return net::Response::of_json(200, std::move(answer));
}

Task<net::Response> add_factor(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await adding_principal(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kNaming));
    std::string name(text_or(body, "name"));
    SLIPWAY_CO_TRY(auto answer,
                   co_await app::add_factor(capabilities, std::move(principal), std::move(name), visit_of(request)));
    co_return told_once(201, std::move(answer));
}

Task<net::Response> confirm_factor(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await adding_principal(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kCode));
    std::string id(request.parameter("id")), code(text_or(body, "code"));
    SLIPWAY_CO_TRY(auto answer, co_await app::confirm_factor(capabilities, std::move(principal), std::move(id),
                                                             std::move(code), visit_of(request)));
    co_return told_once(200, std::move(answer));
}

Task<net::Response> remove_factor(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await adding_principal(capabilities, request));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_CHECK(co_await capabilities.factors.remove(std::move(principal), std::move(id), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> make_recovery_codes(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(auto answer,
                   co_await app::new_recovery_codes(capabilities, std::move(principal), visit_of(request)));
    co_return told_once(201, std::move(answer));
}

Task<net::Response> finish_sign_in(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kFinish));
    std::string token(text_or(body, "factor_token")), code(text_or(body, "code"));
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.finish_sign_in(std::move(token), std::move(code), visit_of(request)));
    co_return tokens_response(200, tokens);
}

Task<net::Response> reauthenticate(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await adding_principal(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kShownAgain));
    std::string password(text_or(body, "password")), code(text_or(body, "code"));
    SLIPWAY_CO_CHECK(co_await capabilities.accounts.reauthenticate(std::move(principal), std::move(password),
                                                                   std::move(code), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> sign_in_anonymously(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto tokens, co_await capabilities.anonymous.sign_in(visit_of(request), std::nullopt));
    co_return tokens_response(201, tokens);
}

Task<net::Response> upgrade(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kUpgrade));
    account::Registration registration;
    registration.email = text_or(body, "email");
    registration.username = text_or(body, "username");
    registration.password = text_or(body, "password");
    registration.display_name = text_or(body, "display_name");
    SLIPWAY_CO_TRY(const auto user, co_await capabilities.anonymous.upgrade(
                                        std::move(principal), std::move(registration), visit_of(request)));
    co_return net::Response::of_json(200, account_json(user));
}

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200,
                         bool authenticated = true) {
    auto described =
        account_operation(std::move(summary), std::move(request), std::move(response), status, authenticated);
    described.body_bytes_max = kFactorBodyBytesMax;
    return described;
}

}  // namespace

void add_factor_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    router.add(
        Method::post, "/api/auth/login/factor",
        operation("The second step of a sign-in: a code for the factor token", kFinish, tokens_schema(), 200, false),
        handler(capabilities, finish_sign_in));
    router.add(Method::post, "/api/auth/reauthenticate",
               operation("Show your password again, before you change how you sign in", kShownAgain, nullptr, 204),
               handler(capabilities, reauthenticate));
    router.add(Method::get, "/api/auth/factors",
               operation("Your second factors", nullptr,
                         schema({{"factors", array_schema(factor_schema())},
                                 {"recovery_codes_left", type_schema("integer")},
                                 {"required", type_schema("boolean")},
                                 {"offered", type_schema("boolean")}})),
               handler(capabilities, list_factors));
    router.add(Method::post, "/api/auth/factors",
               operation("Add an authenticator; it counts once it is confirmed", kNaming, new_factor_schema(), 201),
               handler(capabilities, add_factor));
    router.add(Method::post, "/api/auth/factors/{id}/confirm",
               operation("Confirm it by a code; the first gives the recovery codes", kCode, codes_schema()),
               handler(capabilities, confirm_factor));
    router.add(Method::del, "/api/auth/factors/{id}", operation("Remove a second factor", nullptr, nullptr, 204),
               handler(capabilities, remove_factor));
    router.add(Method::post, "/api/auth/recovery-codes",
               operation("New recovery codes; the former ones end", nullptr, codes_schema(), 201),
               handler(capabilities, make_recovery_codes));
    if (!capabilities.anonymous.allowed()) return;
    router.add(Method::post, "/api/auth/anonymous",
               operation("Begin without an account", nullptr, tokens_schema(), 201, false),
               handler(capabilities, sign_in_anonymously));
    router.add(Method::post, "/api/auth/upgrade",
               operation("Make an account of what you began without one", kUpgrade, account_schema()),
               handler(capabilities, upgrade));
}

}  // namespace slipway::face
