#include "job/service.h"

#include <algorithm>
#include <array>

#include "job/tables.h"

namespace slipway::job {
namespace {

constexpr std::array kStates{State::queued, State::running, State::done, State::failed};
constexpr std::size_t kPageMax = 100;

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::queued:
            return "queued";
        case State::running:
            return "running";
        case State::done:
            return "done";
        case State::failed:
            break;
    }
    return "failed";
}

std::optional<State> state_from(std::string_view name) {
    const auto* const found = std::ranges::find(kStates, name, [](State state) { return to_string(state); });
    return found == kStates.end() ? std::nullopt : std::optional(*found);
}

std::string to_message(const NewJob& job) {
    json::object message;
    message["name"] = job.name;
    message["arguments"] = job.arguments;
    if (!job.user.empty()) message["user"] = job.user;
    return write_json(message);
}

Result<Order> from_message(std::string_view body) {
    SLIPWAY_TRY(const auto value, parse_json(body));
    const auto* const message = value.if_object();
    if (message == nullptr || !store::check_queue_name(text_or(*message, "name")))
        return fail(ErrorCode::invalid, "The message is not that of a job.");
    Order order;
    order.name = text_or(*message, "name");
    order.user = text_or(*message, "user");
    if (const auto* const arguments = object_in(*message, "arguments")) order.arguments = *arguments;
    return order;
}

Task<Info> Jobs::start(WorkspaceId workspace, NewJob job) {
    SLIPWAY_CO_CHECK(store::check_queue_name(job.name));  // the same letters
    store::NewMessage message;
    message.body = to_message(job);
    message.delay = job.delay;
    message.deduplication_key = job.deduplication_key;
    message.priority = job.priority;
    message.group = job.group;
    message.attempts_max = job.attempts_max;
    SLIPWAY_CO_TRY(const auto enqueued, co_await queue_.enqueue(workspace, queue_name_, std::move(message)));
    SLIPWAY_CO_CHECK(co_await note_queued(database_, workspace, enqueued.id, job));
    if (started_ && job.delay <= Milliseconds(0)) started_();
    SLIPWAY_CO_TRY(auto info, co_await find(workspace, enqueued.id));
    if (changed_ && info.state == State::queued) changed_(workspace, job.user, info);
    co_return info;
}

// The queue knows better of what has not finished: workers that die with a job say nothing.
Task<Info> Jobs::find(WorkspaceId workspace, std::string id) {
    store::Parameters parameters{id};
    auto sql = fmt::format("{} and id = $1", kSelectInfo);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, std::move(sql), std::move(parameters)));
    Info info;
    if (!rows.empty()) {
        info = info_from(rows.front());
        if (info.state == State::done || info.state == State::failed) co_return info;
    }
    const auto message = co_await queue_.find(workspace, queue_name_, id);
    if (rows.empty() && !message) co_return fail(ErrorCode::not_found, "There is no such job.");
    if (rows.empty()) {  // who started it ended before it could note so
        SLIPWAY_CO_TRY(auto order, from_message(message->body));
        info.id = id;
        info.name = std::move(order.name);
        info.attempts = message->attempts;
        info.attempts_max = message->attempts_max;
        info.created = message->enqueued;
    }
    if (message && message->state == store::MessageState::dead) {
        SLIPWAY_CO_CHECK(co_await note_ended(database_, std::move(workspace), id, State::failed, message->reason));
        info.state = State::failed;
        info.finished = message->died;
        info.reason = message->reason;
    }
    co_return info;
}

// Ids sort by their time.
Task<Page> Jobs::list(WorkspaceId workspace, std::optional<State> state, std::size_t limit,
                      std::optional<std::string> cursor) {
    limit = std::clamp<std::size_t>(limit, 1, kPageMax);
    store::Parameters parameters{limit + 1};
    std::string sql(kSelectInfo);
    if (state) {
        parameters.emplace_back(to_string(*state));
        sql += fmt::format(" and state = ${}", parameters.size());
    }
    if (cursor) {
        parameters.emplace_back(*std::move(cursor));
        sql += fmt::format(" and id < ${}", parameters.size());
    }
    sql += " order by id desc limit $1";
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(std::move(workspace), std::move(sql), std::move(parameters)));
    Page page;
    for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) page.jobs.push_back(info_from(rows[i]));
    if (rows.size() > limit) page.next = page.jobs.back().id;
    co_return page;
}

Task<std::int64_t> Jobs::redrive(WorkspaceId workspace, std::optional<std::string> id) {
    constexpr std::size_t kDeadMax = 1000;
    std::vector<std::string> ids;
    if (id) ids.push_back(*std::move(id));
    if (ids.empty()) {
        SLIPWAY_CO_TRY(const auto page, co_await queue_.dead_letters(workspace, queue_name_, kDeadMax, std::nullopt));
        for (const auto& message : page.messages) ids.push_back(message.id);
    }
    std::int64_t count = 0;
    for (const auto& each : ids) {
        SLIPWAY_CO_TRY(const auto driven, co_await queue_.redrive(workspace, queue_name_, each));
        if (driven == 0) continue;
        count += driven;
        store::Parameters parameters{each, to_string(State::queued), to_string(State::failed)};
        SLIPWAY_CO_CHECK(co_await database_.write(workspace,
                                                  "update job set state = $2, attempts = 0, finished_at = null where "
                                                  "workspace = $workspace and id = $1 and state = $3",
                                                  std::move(parameters)));
    }
    co_return count;
}

Task<store::QueueCounts> Jobs::counts(WorkspaceId workspace) {
    return queue_.counts(std::move(workspace), queue_name_);
}

}  // namespace slipway::job
