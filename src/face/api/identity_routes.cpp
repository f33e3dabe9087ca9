// /api/auth/oauth/*, /api/auth/identities: signing in with another provider (account/identities.h).
#include "account/identities.h"
#include "face/api/access.h"
#include "face/api/account_answers.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

constexpr std::string_view kCookie = "slipway_oauth";

// "__Host-" is a promise to browsers that they hold us to: https, this host alone, every path.
std::string cookie_name(const account::Identities& identities) {
    return identities.is_secure() ? fmt::format("__Host-{}", kCookie) : std::string(kCookie);
}

std::string set_cookie(const account::Identities& identities, std::string_view value, std::chrono::seconds kept_for) {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", cookie_name(identities), value,
                       kept_for.count(), identities.is_secure() ? "; Secure" : "");
}

net::Response redirect_to(std::string url) {
    auto response = net::Response::empty(302);
    response.headers.set("Location", std::move(url));
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Referrer-Policy", "no-referrer");
    return response;
}

Task<net::Response> begin(const app::Capabilities& capabilities, net::Request& request) {
    account::FlowWish wish;
    wish.redirect = request.query_value("redirect");
    wish.challenge = request.query_value("challenge");
    auto& identities = *capabilities.identities;
    SLIPWAY_CO_TRY(auto start, co_await identities.begin(std::string(request.parameter("provider")), std::move(wish)));
    auto response = redirect_to(std::move(start.url));
    response.headers.add("Set-Cookie", set_cookie(identities, start.cookie, account::kOauthFlowTime));
    co_return response;
}

Task<net::Response> arrive(const app::Capabilities& capabilities, net::Request& request) {
    auto& identities = *capabilities.identities;
    SLIPWAY_CO_TRY(auto answer, account::read_provider_answer(request.query));
    auto cookie = account::cookie_of(request.headers, cookie_name(identities)).value_or("");
    auto visit = visit_of(request);
    SLIPWAY_CO_TRY(auto url, co_await identities.arrive(std::string(request.parameter("provider")), std::move(answer),
                                                        std::move(cookie), std::move(visit)));
    auto response = redirect_to(std::move(url));
    response.headers.add("Set-Cookie", set_cookie(identities, "", std::chrono::seconds(0)));
    co_return response;
}

const json::value kExchange = schema(
    {{"code", text_schema()}, {"verifier", text_schema("of the challenge that the sign-in began with")}}, {"code"});

Task<net::Response> exchange(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kExchange));
    std::string code(text_or(body, "code")), verifier(text_or(body, "verifier"));
    SLIPWAY_CO_TRY(auto arrived, co_await capabilities.identities->exchange(std::move(code), std::move(verifier)));
    account::NewSession session{.user_id = arrived.user.id, .visit = visit_of(request), .methods = arrived.provider};
    SLIPWAY_CO_TRY(const auto tokens, co_await capabilities.accounts.sign_in_without_password(std::move(arrived.user),
                                                                                              std::move(session)));
    co_return tokens_response(200, tokens);
}

Task<net::Response> providers(const app::Capabilities& capabilities, net::Request&) {
    json::array names;
    for (const auto& name : capabilities.identities->providers()) names.emplace_back(name);
    co_return net::Response::of_json(200, json::object{{"providers", std::move(names)}});
}

// A person with a session of their own: no key and no proxy links identities.
Task<account::Principal> person(const app::Capabilities& capabilities, const net::Request& request) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of(capabilities, request));
    if (principal.proof != account::Proof::session)
        co_return fail(ErrorCode::forbidden, "Identities are changed by the signed-in user alone.");
    co_return principal;
}

Task<net::Response> list(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person(capabilities, request));
    SLIPWAY_CO_TRY(const auto identities, co_await capabilities.identities->list(principal.user.id));
    json::array items;
    for (const auto& one : identities) {
        json::object item{{"provider", one.provider}, {"email", one.email}, {"created_at", to_iso8601(one.created_at)}};
        if (one.last_used_at) item["last_used_at"] = to_iso8601(*one.last_used_at);
        items.push_back(std::move(item));
    }
    co_return net::Response::of_json(200, json::object{{"identities", std::move(items)}});
}

const json::value kLink = schema({{"redirect", text_schema("one of accounts.redirects")}});

Task<net::Response> link(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kLink));
    auto& identities = *capabilities.identities;
    account::FlowWish wish;
    wish.redirect = text_or(body, "redirect");
    wish.link_to = principal.user.id;
    SLIPWAY_CO_TRY(auto start, co_await identities.begin(std::string(request.parameter("provider")), std::move(wish)));
    auto response = net::Response::of_json(200, json::object{{"url", start.url}});
    response.headers.set("Cache-Control", "no-store");
    response.headers.add("Set-Cookie", set_cookie(identities, start.cookie, account::kOauthFlowTime));
    co_return response;
}

Task<net::Response> unlink(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await person(capabilities, request));
    auto visit = visit_of(request);
    SLIPWAY_CO_CHECK(co_await capabilities.identities->unlink(
        principal.user.id, std::string(request.parameter("provider")), std::move(visit)));
    co_return net::Response::empty();
}

net::Operation operation(std::string summary, json::value answer, int status, bool authenticated) {
    return account_operation(std::move(summary), nullptr, std::move(answer), status, authenticated);
}

}  // namespace

void add_identity_routes(net::Router& router, const app::Capabilities& capabilities) {
    if (capabilities.identities == nullptr) return;
    using net::Method;
    const auto one = schema({{"provider", text_schema()}, {"email", text_schema()}, {"created_at", text_schema()}});
    router.add(
        Method::get, "/api/auth/oauth",
        operation("The providers to sign in with", schema({{"providers", array_schema(text_schema())}}), 200, false),
        handler(capabilities, providers));

    auto beginning = operation("Send a browser to sign in with a provider", nullptr, 302, false);
    beginning.parameters = {
        {"redirect", text_schema("one of accounts.redirects, where the browser goes on to")},
        {"challenge", text_schema("PKCE challenge (S256) of the page that will exchange the code")}};
    router.add(Method::get, "/api/auth/oauth/{provider}", std::move(beginning), handler(capabilities, begin));
    auto arriving = operation("Where the provider sends the browser back to", nullptr, 302, false);
    arriving.parameters = {
        {"state", text_schema()}, {"code", text_schema()}, {"error", text_schema()}, {"iss", text_schema()}};
    router.add(Method::get, "/api/auth/oauth/{provider}/callback", std::move(arriving), handler(capabilities, arrive));
    auto exchanging = operation("Exchange the code that the browser came with for tokens", tokens_schema(), 200, false);
    exchanging.request_schema = kExchange;
    router.add(Method::post, "/api/auth/oauth/token", std::move(exchanging), handler(capabilities, exchange));

    router.add(Method::get, "/api/auth/identities",
               operation("The providers that I sign in with", schema({{"identities", array_schema(one)}}), 200, true),
               handler(capabilities, list));
    auto linking =
        operation("Link one more: the address to send my browser to", schema({{"url", text_schema()}}), 200, true);
    linking.request_schema = kLink;
    router.add(Method::post, "/api/auth/identities/{provider}", std::move(linking), handler(capabilities, link));
    router.add(Method::del, "/api/auth/identities/{provider}", operation("Unlink one", nullptr, 204, true),
               handler(capabilities, unlink));
}

}  // namespace slipway::face
