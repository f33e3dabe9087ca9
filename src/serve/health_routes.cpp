#include "serve/health_routes.h"

#include "base/text.h"
#include "face/api/access.h"
#include "face/api/errors.h"
#include "serve/version.h"

namespace slipway::serve {
namespace {

net::Operation probe(std::string summary) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "health";
    described.authenticated = false;
    described.response_schema = json::object{{"type", "object"}};
    return described;
}

// The answer as the manifest words it. All but the time is filled in once.
json::object health_answer(const app::Manifest& manifest) {
    json::object answer;
    for (const auto& [name, text] : manifest.server.health_answer) {
        auto filled = replace_all(text, "{version}", kVersion);
        filled = replace_all(std::move(filled), "{environment}", app::to_string(manifest.environment));
        answer[name] = filled;
    }
    return answer;
}

// Names, versions and reasons are for this machine and for admins; the world learns ready or not.
asio::awaitable<bool> may_see_checks(const app::Capabilities& capabilities, const net::Request& request) {
    if (on_this_machine(request)) co_return true;
    if (face::bearer_of(request).empty()) co_return false;
    const auto admin = co_await face::principal_with(capabilities, request, account::Role::admin);
    co_return admin.has_value();
}

// `release`: the digest of the image, which whoever deploys says in SLIPWAY_RELEASE.
asio::awaitable<net::Response> readiness(Application& application, const std::string& release, net::Request& request) {
    const auto stores = co_await application.check_stores();
    const bool detailed = co_await may_see_checks(application.capabilities(), request);
    bool ready = !application.stopping();
    json::object checks;
    for (const auto& store : stores) {
        ready = ready && (store.error.empty() || !store.needed);
        if (!detailed) continue;
        json::object check{{"ok", store.error.empty()}, {"engine", store.engine}, {"latency_ms", store.latency_ms}};
        if (!store.url.empty()) check["url"] = store.url;
        if (!store.error.empty()) check["error"] = store.error;
        checks[store.name] = std::move(check);
    }
    json::object body{{"ready", ready}, {"timestamp", to_iso8601(now())}};
    if (application.stopping()) body["stopping"] = true;
    if (!checks.empty()) body["checks"] = std::move(checks);
    if (detailed && !release.empty()) body["release"] = release;
    auto response = net::Response::of_json(ready ? 200 : 503, body);
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

bool on_this_machine(const net::Request& request) {
    return request.private_socket || request.remote_address.starts_with("127.") || request.remote_address == "::1";
}

void add_health_routes(net::Router& router, Application& application) {
    const auto& server = application.manifest().server;
    const auto answer = health_answer(application.manifest());
    auto text = write_json(answer);
    const bool timed = text.find("{time}") != std::string::npos;
    auto health = [text, timed](net::Request&) -> asio::awaitable<net::Response> {
        auto body = timed ? replace_all(text, "{time}", to_iso8601(now())) : text;
        co_return net::Response::text(200, std::move(body), "application/json");
    };
    router.add(net::Method::get, server.health, probe("Is the process well? Touches no store"), health);
    if (!server.liveness.empty()) {
        auto alive = [](net::Request&) -> asio::awaitable<net::Response> {
            const json::object body{{"alive", true}};
            co_return net::Response::of_json(200, body);
        };
        router.add(net::Method::get, server.liveness, probe("Does the process answer?"), alive);
    }
    if (!server.readiness.empty()) {
        const auto release = Environment::of_process().get_or("SLIPWAY_RELEASE", "");
        auto ready = [&application, release](net::Request& request) {
            return readiness(application, release, request);
        };
        router.add(net::Method::get, server.readiness, probe("Can it serve? Asks every store; 503 when not"), ready);
    }
}

void add_openapi_route(net::Router& router, Application& application) {
    const auto& manifest = application.manifest();
    auto described = probe("This document");
    described.hidden = true;
    auto object = net::openapi(router, manifest.title, kVersion);
    if (!manifest.description.empty()) object["info"].as_object()["description"] = manifest.description;
    auto document = std::make_shared<const std::string>(write_json(object));
    auto serve = [&application, document](net::Request& request) -> asio::awaitable<net::Response> {
        const bool open = application.manifest().server.openapi;
        if (!open && !co_await may_see_checks(application.capabilities(), request))
            co_return face::render_http_error(request, 404,
                                              Error{ErrorCode::not_found, "There is nothing at /openapi.json.", {}});
        co_return net::Response::text(200, *document, "application/json");
    };
    router.add(net::Method::get, "/openapi.json", described, serve);
}

}  // namespace slipway::serve
