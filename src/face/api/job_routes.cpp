// /api/jobs: work that goes on after its request
#include "app/capabilities/jobs.h"
#include "face/api/access.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

constexpr std::size_t kJobBytesMax = 256 << 10;

const json::value& new_job_schema() {
    static const json::value made = [] {
        auto object =
            schema({{"name", json::object{{"type", "string"}, {"minLength", 1}}},
                    {"arguments", type_schema("object")},
                    {"delay_ms", json::object{{"type", "integer"}, {"minimum", 0}}},
                    {"key", text_schema("while a job with this key is there, starting it again gives that one")},
                    {"group", text_schema("of a group one runs at a time, in order")},
                    {"priority", json::object{{"type", "integer"}, {"minimum", 0}, {"maximum", 9}}},
                    {"attempts", json::object{{"type", "integer"}, {"minimum", 1}}}},
                   {"name"});
        object["additionalProperties"] = false;
        return json::value(std::move(object));
    }();
    return made;
}

json::object job_schema() {
    return schema({{"id", text_schema()},
                   {"name", text_schema()},
                   {"state", text_schema("queued, running, done or failed")},
                   {"attempts", type_schema("integer")},
                   {"attempts_max", type_schema("integer")},
                   {"created_at", text_schema()},
                   {"started_at", text_schema("of the last attempt")},
                   {"finished_at", text_schema("done, or given up")},
                   {"reason", text_schema("of the last failure")}});
}

Task<net::Response> start_job(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(auto wanted, body_of(request, new_job_schema()));
    SLIPWAY_CO_TRY(const auto info, co_await app::start_job(capabilities, principal, std::move(wanted)));
    auto response = net::Response::of_json(202, app::to_json(info));
    response.headers.set("Location", "/api/jobs/" + info.id);
    co_return std::move(response);
}

Task<net::Response> get_job(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto info, co_await capabilities.jobs.find(principal.workspace, std::move(id)));
    co_return net::Response::of_json(200, app::to_json(info));
}

Task<net::Response> list_jobs(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_with(capabilities, request, account::Role::admin));
    SLIPWAY_CO_TRY(const auto limit, count_of(request, "limit", 50, 100));
    json::object wanted{
        {"state", request.query_value("state")}, {"cursor", request.query_value("cursor")}, {"limit", limit}};
    SLIPWAY_CO_TRY(const auto page, co_await app::list_jobs(capabilities, principal.workspace, std::move(wanted)));
    co_return net::Response::of_json(200, app::to_json(page));
}

Task<net::Response> retry_job(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_with(capabilities, request, account::Role::admin));
    std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto driven, co_await capabilities.jobs.redrive(principal.workspace, id));
    SLIPWAY_CO_TRY(const auto info, co_await capabilities.jobs.find(principal.workspace, std::move(id)));
    if (driven == 0)
        co_return fail(ErrorCode::conflict, "The job is {}; only one that failed is tried again.",
                       job::to_string(info.state));
    co_return net::Response::of_json(202, app::to_json(info));
}

net::Operation operation(std::string summary, json::object response, int status) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "jobs";
    described.response_schema = std::move(response);
    described.success_status = status;
    return described;
}

}  // namespace

void add_job_routes(net::Router& router, const app::Capabilities& capabilities) {
    auto starting = operation("Start a job that the application's scripts declare; it runs as whoever starts it",
                              job_schema(), 202);
    starting.request_schema = new_job_schema();
    starting.body_bytes_max = kJobBytesMax;
    router.add(net::Method::post, "/api/jobs", needs("jobs:write", std::move(starting)),
               handler(capabilities, start_job));

    router.add(net::Method::get, "/api/jobs/{id}", needs("jobs:read", operation("How far a job is", job_schema(), 200)),
               handler(capabilities, get_job));

    auto listing = operation("Jobs, the newest first (role admin)",
                             schema({{"jobs", array_schema(job_schema())}, {"next", text_schema()}}), 200);
    listing.parameters = {{"state", text_schema("queued, running, done or failed")},
                          {"cursor", text_schema("the `next` of the page before")},
                          {"limit", type_schema("integer")}};
    router.add(net::Method::get, "/api/jobs", needs("jobs:manage", std::move(listing)),
               handler(capabilities, list_jobs));

    router.add(net::Method::post, "/api/jobs/{id}/retry",
               needs("jobs:manage", operation("Try a job again that was given up (role admin)", job_schema(), 202)),
               handler(capabilities, retry_job));
}

}  // namespace slipway::face
