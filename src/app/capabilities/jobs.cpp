#include "app/capabilities/jobs.h"

#include <algorithm>

namespace slipway::app {
namespace {

constexpr std::size_t kPage = 50;

std::optional<std::string> time_of(const std::optional<Instant>& at) {
    return at ? std::optional(to_iso8601(*at)) : std::nullopt;
}

}  // namespace

json::object to_json(const job::Info& info) {
    json::object object{{"id", info.id},
                        {"name", info.name},
                        {"state", job::to_string(info.state)},
                        {"attempts", info.attempts},
                        {"attempts_max", info.attempts_max},
                        {"created_at", to_iso8601(info.created)}};
    if (const auto at = time_of(info.started)) object["started_at"] = *at;
    if (const auto at = time_of(info.finished)) object["finished_at"] = *at;
    if (!info.reason.empty()) object["reason"] = info.reason;
    return object;
}

json::object to_json(const job::Page& page) {
    json::array jobs;
    for (const auto& info : page.jobs) jobs.push_back(to_json(info));
    json::object object{{"jobs", std::move(jobs)}};
    if (page.next) object["next"] = *page.next;
    return object;
}

Result<job::NewJob> job_from(const Capabilities& capabilities, const json::object& wanted) {
    job::NewJob made;
    made.name = text_or(wanted, "name");
    if (const auto* arguments = object_in(wanted, "arguments")) made.arguments = *arguments;
    made.delay = Milliseconds(integer_or(wanted, "delay_ms", 0));
    made.deduplication_key = text_or(wanted, "key");
    made.group = text_or(wanted, "group");
    const auto priority = integer_or(wanted, "priority", 0);
    const auto attempts = integer_or(wanted, "attempts", capabilities.job_attempts);
    if (priority < 0 || priority > store::kQueuePriorityMax)
        return fail(ErrorCode::invalid, "priority is a whole number from 0 to {}.", store::kQueuePriorityMax);
    if (attempts < 1 || attempts > store::kQueueAttemptsMax)
        return fail(ErrorCode::invalid, "attempts is a whole number from 1 to {}.", store::kQueueAttemptsMax);
    made.priority = static_cast<int>(priority);
    made.attempts_max = static_cast<int>(attempts);
    return made;
}

Task<job::Info> start_job(const Capabilities& capabilities, const account::Principal& principal, json::object wanted) {
    SLIPWAY_CO_TRY(auto made, job_from(capabilities, wanted));
    if (!capabilities.has_job(made.name))
        co_return fail(ErrorCode::not_found, "There is no job '{}'; the application's scripts declare jobs.",
                       made.name);
    made.user = principal.user.id;
    co_return co_await capabilities.jobs.start(principal.workspace, std::move(made));
}

Task<job::Page> list_jobs(const Capabilities& capabilities, WorkspaceId workspace, json::object wanted) {
    const auto named = text_or(wanted, "state");
    const auto state = job::state_from(named);
    if (!named.empty() && !state)
        co_return fail(ErrorCode::invalid, "A state is one of queued, running, done, failed; not '{}'.", named);
    std::optional<std::string> cursor;
    if (const auto given = text_or(wanted, "cursor"); !given.empty()) cursor = std::string(given);
    const auto limit = std::clamp<std::int64_t>(integer_or(wanted, "limit", kPage), 1, 100);
    co_return co_await capabilities.jobs.list(std::move(workspace), state, static_cast<std::size_t>(limit),
                                              std::move(cursor));
}

}  // namespace slipway::app
