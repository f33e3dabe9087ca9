// /api/workspaces/{id}/domains/*
#include "app/capabilities/visit.h"
#include "app/capabilities/workspaces.h"
#include "face/api/access.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

using account::Actor;

const json::value kDomain = schema({{"domain", text_schema("www.example.org")}}, {"domain"});

json::object domain_schema() {
    return schema({{"id", text_schema()},
                   {"domain", text_schema()},
                   {"verified", type_schema("boolean")},
                   {"record", type_schema("object")},
                   {"cname", text_schema()},
                   {"created_at", text_schema()},
                   {"checked_at", json::object{{"type", json::array{"string", "null"}}}},
                   {"verified_at", json::object{{"type", json::array{"string", "null"}}}}});
}

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "domains";
    described.request_schema = std::move(request);
    described.response_schema = std::move(response);
    described.success_status = status;
    described.body_bytes_max = 4 << 10;
    described.workspace = "id";
    return described;
}

std::string named(const net::Request& request) { return std::string(request.parameter("domain")); }

Task<net::Response> add(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto body, body_of(request, kDomain));
    const Actor actor{principal, app::visit_of(request)};
    SLIPWAY_CO_TRY(const auto domain, co_await capabilities.domains.add(actor, std::string(text_or(body, "domain"))));
    co_return net::Response::of_json(201, app::to_json(domain));
}

Task<net::Response> list(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    const Actor actor{principal, app::visit_of(request)};
    SLIPWAY_CO_TRY(const auto domains, co_await capabilities.domains.list(actor));
    json::array items;
    for (const auto& domain : domains) items.push_back(app::to_json(domain));
    co_return net::Response::of_json(200, json::object{{"domains", std::move(items)}});
}

Task<net::Response> get(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    const Actor actor{principal, app::visit_of(request)};
    SLIPWAY_CO_TRY(const auto domain, co_await capabilities.domains.get(actor, named(request)));
    co_return net::Response::of_json(200, app::to_json(domain));
}

Task<net::Response> check(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    const Actor actor{principal, app::visit_of(request)};
    SLIPWAY_CO_TRY(const auto domain, co_await capabilities.domains.check(actor, named(request)));
    co_return net::Response::of_json(200, app::to_json(domain));
}

Task<net::Response> remove(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    const Actor actor{principal, app::visit_of(request)};
    SLIPWAY_CO_CHECK(co_await capabilities.domains.remove(actor, named(request)));
    co_return net::Response::empty();
}

}  // namespace

void add_domain_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    router.add(Method::post, "/api/workspaces/{id}/domains",
               needs("workspace:settings", operation("Claim a domain; the answer says which TXT record proves it",
                                                     kDomain, domain_schema(), 201)),
               handler(capabilities, add));
    router.add(Method::get, "/api/workspaces/{id}/domains",
               needs("workspace:read", operation("Domains of the workspace", nullptr,
                                                 schema({{"domains", array_schema(domain_schema())}}))),
               handler(capabilities, list));
    router.add(Method::get, "/api/workspaces/{id}/domains/{domain}",
               needs("workspace:read", operation("One domain, by id or name", nullptr, domain_schema())),
               handler(capabilities, get));
    router.add(Method::post, "/api/workspaces/{id}/domains/{domain}/check",
               needs("workspace:settings", operation("Look for its TXT record", nullptr, domain_schema())),
               handler(capabilities, check));
    router.add(Method::del, "/api/workspaces/{id}/domains/{domain}",
               needs("workspace:settings", operation("Give a domain up", nullptr, nullptr, 204)),
               handler(capabilities, remove));
}

}  // namespace slipway::face
