// /api/auth/*, /api/me
#include "face/api/access.h"
#include "face/api/account_answers.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200,
                         bool authenticated = false) {
    return account_operation(std::move(summary), std::move(request), std::move(response), status, authenticated);
}

const json::value kRegistration = schema({{"email", text_schema()},
                                          {"username", text_schema("left out: the email")},
                                          {"password", text_schema()},
                                          {"display_name", text_schema()},
                                          {"device", type_schema("object")}},
                                         {"email", "password"});
const json::value kSignIn =
    schema({{"name", text_schema("email or username")}, {"password", text_schema()}, {"device", type_schema("object")}},
           {"name", "password"});
const json::value kRefresh = schema({{"refresh_token", text_schema()}}, {"refresh_token"});

Result<account::NewSession> session_of(const net::Request& request, const json::object& body) {
    account::NewSession session{.visit = visit_of(request)};
    if (const auto* device = object_in(body, "device")) {
        SLIPWAY_TRY(session.device, account::device_from(*device));
    }
    return session;
}

Task<net::Response> register_user(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kRegistration));
    account::Registration registration;
    registration.email = std::string(text_or(body, "email"));
    registration.username = std::string(text_or(body, "username"));
    registration.password = std::string(text_or(body, "password"));
    registration.display_name = std::string(text_or(body, "display_name"));
    SLIPWAY_CO_TRY(auto session, session_of(request, body));
    if (capabilities.accounts.verification() == account::Verification::required) {
        SLIPWAY_CO_CHECK(co_await capabilities.credentials.ask_sign_up(std::move(registration), session.visit));
        co_return net::Response::empty(202);  // whether the address is known or not
    }
    SLIPWAY_CO_TRY(auto user,
                   co_await capabilities.credentials.sign_up_at_once(std::move(registration), session.visit));
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.sign_in_without_password(std::move(user), std::move(session)));
    co_return tokens_response(201, tokens);
}

Task<net::Response> sign_in(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kSignIn));
    std::string name(text_or(body, "name")), password(text_or(body, "password"));
    SLIPWAY_CO_TRY(auto session, session_of(request, body));
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.sign_in(std::move(name), std::move(password),
                                                          std::move(session.visit), std::move(session.device)));
    co_return tokens_response(200, tokens);
}

Task<net::Response> refresh_session(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kRefresh));
    SLIPWAY_CO_TRY(const auto tokens, co_await capabilities.accounts.refresh(
                                          std::string(text_or(body, "refresh_token")), visit_of(request)));
    co_return tokens_response(200, tokens);
}

Task<net::Response> sign_out(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kRefresh));
    SLIPWAY_CO_CHECK(
        co_await capabilities.accounts.sign_out(std::string(text_or(body, "refresh_token")), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> sign_in_as_demo_user(const app::Capabilities& capabilities, net::Request&) {
    SLIPWAY_CO_TRY(const auto tokens, co_await capabilities.sign_in_demo());
    co_return tokens_response(200, tokens);
}

Task<net::Response> describe_user(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    co_return net::Response::of_json(200, account_json(principal.user));
}

}  // namespace

void add_account_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    router.add(Method::post, "/api/auth/register",
               operation("Register and sign in", kRegistration, tokens_schema(), 201),
               handler(capabilities, register_user));

    router.add(Method::post, "/api/auth/login", operation("Sign in", kSignIn, tokens_schema()),
               handler(capabilities, sign_in));

    router.add(Method::post, "/api/auth/refresh",
               operation("Exchange a refresh token for new tokens", kRefresh, tokens_schema()),
               handler(capabilities, refresh_session));

    router.add(Method::post, "/api/auth/logout",
               operation("End the session of a refresh token", kRefresh, nullptr, 204),
               handler(capabilities, sign_out));

    if (capabilities.sign_in_demo) {
        router.add(Method::post, "/api/auth/demo",
                   operation("Sign in as the demo user (development only)", nullptr, tokens_schema()),
                   handler(capabilities, sign_in_as_demo_user));
    }

    router.add(Method::get, "/api/me", operation("Who am I?", nullptr, account_schema(), 200, true),
               handler(capabilities, describe_user));
}

}  // namespace slipway::face
