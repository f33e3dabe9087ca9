// /api/auth/*: what somebody does with the own account: sessions, devices, password, address.
#include "app/capabilities/accounts.h"
#include "face/api/access.h"
#include "face/api/account_answers.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

using app::Capabilities;

net::Operation operation(std::string summary, json::value request, json::value response, int status,
                         bool authenticated = true) {
    return account_operation(std::move(summary), std::move(request), std::move(response), status, authenticated);
}

json::object device_schema() {
    return schema({{"id", text_schema()},
                   {"name", text_schema()},
                   {"type", text_schema()},
                   {"model", text_schema()},
                   {"os_version", text_schema()},
                   {"app_version", text_schema()},
                   {"created_at", text_schema()},
                   {"last_seen_at", text_schema()}});
}

json::object session_schema() {
    return schema({{"id", text_schema()},
                   {"current", type_schema("boolean")},
                   {"device", device_schema()},
                   {"address", text_schema()},
                   {"user_agent", text_schema()},
                   {"created_at", text_schema()},
                   {"last_used_at", text_schema("of the last refresh, at the latest")},
                   {"expires_at", text_schema("unless it is used until then")}});
}

const json::value kPassword = schema(
    {{"current_password", text_schema()}, {"new_password", text_schema()}, {"end_others", type_schema("boolean")}},
    {"current_password", "new_password"});
const json::value kEmail = schema({{"password", text_schema()}, {"email", text_schema()}}, {"password", "email"});
const json::value kToken = schema({{"token", text_schema()}}, {"token"});
const json::value kForgot = schema({{"email", text_schema()}}, {"email"});
const json::value kReset = schema({{"token", text_schema()}, {"password", text_schema()}}, {"token", "password"});

const json::value kProfile =
    schema({{"display_name", text_schema()}, {"username", text_schema()}, {"profile", type_schema("object")}});
const json::value kDelete = schema({{"password", text_schema()}}, {"password"});

json::object profile_of(const account::User& user) {
    return {{"id", user.id},
            {"email", user.email},
            {"email_verified", user.email_verified_at.has_value()},
            {"username", user.username},
            {"display_name", user.display_name},
            {"profile", user.profile},
            {"created_at", to_iso8601(user.created_at)}};
}

json::object profile_schema() {
    return schema({{"id", text_schema()},
                   {"email", text_schema()},
                   {"email_verified", type_schema("boolean")},
                   {"username", text_schema()},
                   {"display_name", text_schema()},
                   {"profile", type_schema("object")},
                   {"created_at", text_schema()}});
}

net::Response of_list(std::string_view name, json::array items) {
    return net::Response::of_json(200, json::object{{name, std::move(items)}});
}

// Somebody who has signed in: a key has no sessions and no password.
Task<account::Principal> person_of(const Capabilities& capabilities, const net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of(capabilities, request));
    if (principal.session_id.empty())
        co_return fail(ErrorCode::forbidden, "This needs a person who has signed in, not a key.");
    co_return principal;
}

Task<net::Response> list_sessions(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto sessions, co_await capabilities.accounts.sessions().list(principal.user.id));
    json::array items;
    for (const auto& session : sessions) items.push_back(app::to_json(session, principal.session_id));
    co_return of_list("sessions", std::move(items));
}

Task<net::Response> end_session(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of(capabilities, request));
    account::Ending ending{.user_id = principal.user.id, .reason = "ended"};
    ending.session_id = request.parameter("id");
    SLIPWAY_CO_TRY(const auto ended,
                   co_await capabilities.accounts.sessions().end(std::move(ending), visit_of(request)));
    if (ended == 0) co_return fail(ErrorCode::not_found, "There is no such session.");
    co_return net::Response::empty();
}

Task<net::Response> end_sessions(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of(capabilities, request));
    const auto which = request.query_value("which", "others");
    if (which != "others" && which != "all")
        co_return fail(ErrorCode::invalid, "The parameter which must be others or all.");
    account::Ending ending{.user_id = principal.user.id, .reason = "ended"};
    if (which == "others") ending.but = principal.session_id;
    SLIPWAY_CO_CHECK(co_await capabilities.accounts.sessions().end(std::move(ending), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> list_devices(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto devices, co_await capabilities.accounts.sessions().devices(principal.user.id));
    json::array items;
    for (const auto& device : devices) items.push_back(app::to_json(device));
    co_return of_list("devices", std::move(items));
}

Task<net::Response> remove_device(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_CHECK(co_await capabilities.accounts.sessions().remove_device(
        principal.user.id, std::string(request.parameter("id")), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> change_password(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kPassword));
    std::string current(text_or(body, "current_password")), fresh(text_or(body, "new_password"));
    SLIPWAY_CO_CHECK(
        co_await capabilities.credentials.change_password(std::move(principal), std::move(current), std::move(fresh),
                                                          bool_or(body, "end_others", true), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> change_email(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kEmail));
    std::string password(text_or(body, "password")), email(text_or(body, "email"));
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.change_email(std::move(principal), std::move(password),
                                                                    std::move(email), visit_of(request)));
    co_return net::Response::empty(202);
}

Task<net::Response> ask_verification(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.ask_verification(std::move(principal.user), visit_of(request)));
    co_return net::Response::empty(202);
}

Task<net::Response> verify(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kToken));
    SLIPWAY_CO_CHECK(
        co_await capabilities.credentials.verify_email(std::string(text_or(body, "token")), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> ask_reset(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kForgot));
    SLIPWAY_CO_CHECK(
        co_await capabilities.credentials.ask_reset(std::string(text_or(body, "email")), visit_of(request)));
    co_return net::Response::empty(202);
}

Task<net::Response> reset(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kReset));
    std::string token(text_or(body, "token")), password(text_or(body, "password"));
    SLIPWAY_CO_CHECK(
        co_await capabilities.credentials.reset_password(std::move(token), std::move(password), visit_of(request)));
    co_return net::Response::empty();
}

Task<net::Response> change_profile(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kProfile));
    SLIPWAY_CO_TRY(auto change, account::profile_change_from(body));
    SLIPWAY_CO_TRY(const auto user, co_await capabilities.persons.change(std::move(principal.user), std::move(change),
                                                                         visit_of(request)));
    co_return net::Response::of_json(200, profile_of(user));
}

Task<net::Response> profile(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    co_return net::Response::of_json(200, profile_of(principal.user));
}

Task<net::Response> export_all(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_TRY(auto all, co_await capabilities.persons.export_all(std::move(principal), visit_of(request)));
    auto response = net::Response::of_json(200, std::move(all));
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

Task<net::Response> remove(const Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kDelete));
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.check_password(principal, std::string(text_or(body, "password")),
                                                                      visit_of(request)));
    SLIPWAY_CO_CHECK(co_await capabilities.persons.remove(std::move(principal.user), visit_of(request)));
    co_return net::Response::empty();
}

}  // namespace

void add_credential_routes(net::Router& router, const Capabilities& capabilities) {
    using net::Method;
    const auto add = [&](Method method, std::string path, net::Operation described, auto* function) {
        router.add(method, std::move(path), std::move(described), handler(capabilities, function));
    };
    add(Method::get, "/api/auth/sessions",
        operation("The own sessions", nullptr, schema({{"sessions", array_schema(session_schema())}}), 200),
        list_sessions);
    add(Method::del, "/api/auth/sessions",
        operation("End the other sessions, or all (?which=all)", nullptr, nullptr, 204), end_sessions);
    add(Method::del, "/api/auth/sessions/{id}", operation("End a session", nullptr, nullptr, 204), end_session);
    add(Method::get, "/api/auth/devices",
        operation("The own devices", nullptr, schema({{"devices", array_schema(device_schema())}}), 200), list_devices);
    add(Method::del, "/api/auth/devices/{id}", operation("Forget a device; its sessions end", nullptr, nullptr, 204),
        remove_device);
    add(Method::get, "/api/auth/profile", operation("The own profile", nullptr, profile_schema(), 200), profile);
    add(Method::patch, "/api/auth/profile", operation("Change the own profile", kProfile, profile_schema(), 200),
        change_profile);
    add(Method::get, "/api/auth/export", operation("All that is kept of oneself", nullptr, type_schema("object"), 200),
        export_all);
    add(Method::post, "/api/auth/delete", operation("Delete the own account", kDelete, nullptr, 204), remove);
    add(Method::post, "/api/auth/password", operation("Change the password", kPassword, nullptr, 204), change_password);
    add(Method::post, "/api/auth/email", operation("Change the address, by a mail to it", kEmail, nullptr, 202),
        change_email);
    add(Method::post, "/api/auth/verify", operation("Take the token of a verifying mail", kToken, nullptr, 204, false),
        verify);
    add(Method::post, "/api/auth/verify/resend", operation("Mail the link again", nullptr, nullptr, 202),
        ask_verification);
    add(Method::post, "/api/auth/forgot",
        operation("Mail a link for a new password, where there is such an address", kForgot, nullptr, 202, false),
        ask_reset);
    add(Method::post, "/api/auth/reset", operation("Set a new password", kReset, nullptr, 204, false), reset);
}

}  // namespace slipway::face
