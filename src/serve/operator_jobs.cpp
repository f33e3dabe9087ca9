// The operator's commands on jobs. They act for the application, not for a user.
#include "app/capabilities/jobs.h"
#include "serve/background.h"
#include "serve/operator.h"

namespace slipway::serve {

Task<json::object> Operator::jobs(std::string command, json::object arguments) {
    const auto& capabilities = application_.capabilities();
    const auto& workspace = application_.workspace();
    std::string id(text_or(arguments, "id"));
    if (command == "jobs.list") {
        SLIPWAY_CO_TRY(const auto page, co_await app::list_jobs(capabilities, workspace, std::move(arguments)));
        co_return app::to_json(page);
    }
    if (command == "jobs.show") {
        SLIPWAY_CO_TRY(const auto info, co_await capabilities.jobs.find(workspace, std::move(id)));
        co_return app::to_json(info);
    }
    if (command == "jobs.start") {
        SLIPWAY_CO_TRY(auto wanted, app::job_from(capabilities, arguments));
        if (!has_job(application_, wanted.name))
            co_return fail(ErrorCode::not_found, "There is no job '{}'.", wanted.name);
        SLIPWAY_CO_TRY(const auto info, co_await capabilities.jobs.start(workspace, std::move(wanted)));
        co_return app::to_json(info);
    }
    if (command == "jobs.retry") {
        std::optional<std::string> one;
        if (!id.empty()) one = std::move(id);
        SLIPWAY_CO_TRY(const auto retried, co_await capabilities.jobs.redrive(workspace, std::move(one)));
        co_return json::object{{"retried", retried}};
    }
    if (command == "jobs.counts") {
        SLIPWAY_CO_TRY(const auto counts, co_await capabilities.jobs.counts(workspace));
        co_return json::object{
            {"ready", counts.ready}, {"delayed", counts.delayed}, {"leased", counts.leased}, {"dead", counts.dead}};
    }
    co_return fail(ErrorCode::not_found, "There is no command '{}'.", command);
}

}  // namespace slipway::serve
