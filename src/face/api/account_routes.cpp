// /api/auth/*, /api/me
#include "face/api/access.h"
#include "face/api/account_json.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

json::object to_json(const account::User& user) {
    return {{"id", user.id},
            {"number", user.number},
            {"email", user.email},
            {"username", user.username},
            {"role", account::to_string(user.role)},
            {"active", user.active},
            {"created_at", to_iso8601(user.created_at)}};
}

json::object user_schema() {
    return schema({{"id", text_schema()},
                   {"number", type_schema("integer")},
                   {"email", text_schema()},
                   {"username", text_schema()},
                   {"role", text_schema("viewer, member, admin or owner")},
                   {"active", type_schema("boolean")},
                   {"created_at", text_schema()}});
}

}  // namespace

net::Response tokens_response(int status, const account::Tokens& tokens) {
    auto response = net::Response::of_json(status, json::object{{"access_token", tokens.access_token},
                                                                {"refresh_token", tokens.refresh_token},
                                                                {"token_type", "bearer"},
                                                                {"expires_in", tokens.expires_in.count()},
                                                                {"user", to_json(tokens.user)}});
    response.headers.set("Cache-Control", "no-store");
    return response;
}

json::object tokens_schema() {
    return schema({{"access_token", text_schema()},
                   {"refresh_token", text_schema()},
                   {"token_type", text_schema()},
                   {"expires_in", type_schema("integer")},
                   {"user", user_schema()}});
}

namespace {

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200,
                         bool authenticated = false) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "accounts";
    described.request_schema = std::move(request);
    described.response_schema = std::move(response);
    described.success_status = status;
    described.authenticated = authenticated;
    described.body_bytes_max = 16 << 10;
    return described;
}

const json::value kRegistration =
    schema({{"email", text_schema()}, {"username", text_schema()}, {"password", text_schema()}},
           {"email", "username", "password"});
const json::value kSignIn =
    schema({{"name", text_schema("email or username")}, {"password", text_schema()}}, {"name", "password"});
const json::value kRefresh = schema({{"refresh_token", text_schema()}}, {"refresh_token"});

Task<net::Response> register_user(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kRegistration));
    account::Registration registration;
    registration.email = std::string(text_or(body, "email"));
    registration.username = std::string(text_or(body, "username"));
    registration.password = std::string(text_or(body, "password"));
    SLIPWAY_CO_TRY(auto user, co_await capabilities.accounts.register_user(std::move(registration)));
    account::NewSession session{.visit = visit_of(request)};
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.sign_in_without_password(std::move(user), std::move(session)));
    co_return tokens_response(201, tokens);
}

Task<net::Response> sign_in(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kSignIn));
    std::string name(text_or(body, "name")), password(text_or(body, "password"));
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.sign_in(std::move(name), std::move(password), visit_of(request)));
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
    co_return net::Response::of_json(200, to_json(principal.user));
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

    router.add(Method::get, "/api/me", operation("Who am I?", nullptr, user_schema(), 200, true),
               handler(capabilities, describe_user));
}

}  // namespace slipway::face
