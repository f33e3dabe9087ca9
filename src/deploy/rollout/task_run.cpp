#include "deploy/rollout/task_run.h"

#include <array>

#include "base/crypto.h"
#include "deploy/rollout/revision.h"

namespace slipway::deploy {
namespace {

json::object request_of(const TaskOrder& order) {
    json::object override{{"name", order.container}, {"command", json::value_from(order.command)}};
    json::object request{{"cluster", order.cluster},
                         {"taskDefinition", text_or(order.definition, "taskDefinitionArn")},
                         {"count", 1},
                         {"launchType", "FARGATE"},
                         {"startedBy", "slipway deploy"},
                         {"clientToken", random_token(16)},
                         {"overrides", json::object{{"containerOverrides", json::array{std::move(override)}}}}};
    for (const char* const name : {"networkConfiguration", "platformVersion"})
        if (const auto* value = find(order.service, name)) request[name] = *value;
    if (const auto launch = text_or(order.service, "launchType"); !launch.empty()) request["launchType"] = launch;
    return request;
}

Task<std::string> begin(Cloud& cloud, const TaskOrder& order) {
    SLIPWAY_CO_TRY(const auto answer, co_await cloud.ecs("RunTask", request_of(order)));
    if (const auto* failures = array_in(answer, "failures"))
        for (const auto& each : *failures)
            if (each.is_object())
                co_return fail(ErrorCode::unavailable, "ECS could not begin the task: {} {}",
                               text_or(each.get_object(), "reason"), text_or(each.get_object(), "detail"));
    const auto* tasks = array_in(answer, "tasks");
    if (tasks == nullptr || tasks->empty() || !tasks->front().is_object())
        co_return fail(ErrorCode::upstream, "ECS began no task and gave no reason.");
    co_return std::string(text_or(tasks->front().get_object(), "taskArn"));
}

}  // namespace

Task<TaskEnd> run_task(Cloud& cloud, TaskOrder order) {
    SLIPWAY_CO_TRY(const auto arn, co_await begin(cloud, order));
    const auto end = cloud.elapsed() + order.timeout;
    const json::object question{{"cluster", order.cluster}, {"tasks", json::array{json::string(arn)}}};
    while (cloud.elapsed() < end) {
        const auto answer = co_await cloud.ecs("DescribeTasks", question);
        if (!answer && !passes(answer.error())) co_return std::unexpected(answer.error());
        const auto* tasks = answer ? array_in(*answer, "tasks") : nullptr;
        const auto* task = tasks == nullptr || tasks->empty() ? nullptr : tasks->front().if_object();
        if (task != nullptr && text_or(*task, "lastStatus") == "STOPPED") {
            TaskEnd ended{.task = stopped_task(*task, order.container), .log = {}};
            SLIPWAY_CO_TRY(ended.log, co_await last_lines(cloud, order.definition, ended.task));
            co_return ended;
        }
        co_await sleep_for(order.poll);
    }
    json::object stop{{"cluster", order.cluster}, {"task", arn}, {"reason", "slipway deploy: it took too long"}};
    const auto stopped = co_await cloud.ecs("StopTask", std::move(stop));
    co_return fail(ErrorCode::unavailable, "The task {} did not end in {} s{}.", short_name(arn),
                   order.timeout.count() / 1000, stopped ? " and was stopped" : "; it could not be stopped");
}

}  // namespace slipway::deploy
