// /api/audit: the security events of the workspace, for its admins
//
// An export that breaks off ends with a line {"error": {…}}.
#include "app/capabilities/audit.h"
#include "face/api/access.h"
#include "face/api/api.h"
#include "face/api/errors.h"

namespace slipway::face {
namespace {

json::object event_schema() {
    return schema({{"id", text_schema()},
                   {"at", text_schema()},
                   {"event", text_schema("sign_in, sign_in_failed, password_changed, role_changed …")},
                   {"outcome", text_schema("success or failure")},
                   {"user_id", text_schema("whom it is about")},
                   {"actor_id", text_schema("who did it")},
                   {"workspace", text_schema()},
                   {"address", text_schema()},
                   {"user_agent", text_schema()},
                   {"request_id", text_schema()},
                   {"details", type_schema("object")},
                   {"sealed", type_schema("boolean")}});
}

net::Operation operation(std::string summary, json::object response) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "audit";
    described.scope = "audit:read";
    described.response_schema = std::move(response);
    return described;
}

net::Operation filtered(std::string summary, json::object response) {
    auto described = operation(std::move(summary), std::move(response));
    described.parameters = {{"user", text_schema("id of whom it is about")},
                            {"actor", text_schema("id of who did it")},
                            {"event", text_schema()},
                            {"outcome", text_schema("success or failure")},
                            {"from", text_schema("a time or a day, such as 2026-12-01")},
                            {"until", text_schema("up to this time or day, without it")}};
    return described;
}

Task<account::EventFilter> filter_of(const app::Capabilities& capabilities, const net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_with(capabilities, request, account::Role::admin));
    SLIPWAY_CO_TRY(const auto limit, count_of(request, "limit", 100, account::kEventsListedMax));
    json::object wanted{{"limit", limit}};
    for (const std::string_view name : {"user", "actor", "event", "outcome", "from", "until", "before"})
        wanted[name] = request.query_value(name);
    SLIPWAY_CO_TRY(auto filter, app::event_filter(wanted));
    filter.workspace = principal.workspace.value;
    co_return filter;
}

Task<net::Response> list_events(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto filter, co_await filter_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto page, co_await app::list_events(capabilities, std::move(filter)));
    co_return net::Response::of_json(200, page);
}

Task<net::Response> get_event(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_with(capabilities, request, account::Role::admin));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto event, co_await capabilities.audit.find(principal.workspace.value, std::move(id)));
    if (!event) co_return fail(ErrorCode::not_found, "There is no such security event.");
    co_return net::Response::of_json(200, app::to_json(*event));
}

Task<net::Response> export_events(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(auto filter, co_await filter_of(capabilities, request));
    net::Response response;
    response.headers.set("Content-Type", "application/jsonl");
    response.headers.set("Content-Disposition", "attachment; filename=\"audit.jsonl\"");
    response.body = net::StreamBody(
        [&capabilities, filter, id = request.request_id](net::BodyWriter& writer) -> asio::awaitable<void> {
            const app::EventPage page = [&writer](std::string lines) { return writer.write(std::move(lines)); };
            const auto exported = co_await app::export_events(capabilities, filter, page);
            if (exported) co_return;
            auto last = write_json(error_body(exported.error(), id)) + "\n";
            static_cast<void>(co_await writer.write(std::move(last)));
        });
    co_return std::move(response);
}

}  // namespace

void add_audit_routes(net::Router& router, const app::Capabilities& capabilities) {
    auto listing = filtered("Security events, the newest first (role admin)",
                            schema({{"events", array_schema(event_schema())}, {"next", text_schema()}}));
    listing.parameters["before"] = text_schema("the `next` of the page before");
    listing.parameters["limit"] = type_schema("integer");
    router.add(net::Method::get, "/api/audit", std::move(listing), handler(capabilities, list_events));

    auto exporting = filtered("All of them, a JSON object in each line (role admin)", event_schema());
    exporting.response_type = "application/jsonl";
    router.add(net::Method::get, "/api/audit/export", std::move(exporting), handler(capabilities, export_events));

    router.add(net::Method::get, "/api/audit/{id}", operation("One security event (role admin)", event_schema()),
               handler(capabilities, get_event));
}

}  // namespace slipway::face
