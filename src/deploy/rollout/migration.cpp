#include "deploy/rollout/migration.h"

#include "base/text.h"
#include "deploy/rollout/task_run.h"

namespace slipway::deploy {

Task<json::object> describe_definition(Cloud& cloud, std::string definition) {
    json::object question{{"taskDefinition", definition}};
    SLIPWAY_CO_TRY(const auto answer, co_await cloud.ecs("DescribeTaskDefinition", std::move(question)));
    const auto* told = object_in(answer, "taskDefinition");
    if (told == nullptr) co_return fail(ErrorCode::upstream, "ECS told nothing about {}.", definition);
    co_return *told;
}

Task<json::object> register_revision(Cloud& cloud, json::object definition, std::string container, Image image) {
    auto next = next_revision(definition, container, image);
    SLIPWAY_CO_TRY(const auto answer, co_await cloud.ecs("RegisterTaskDefinition", std::move(next), false));
    const auto* told = object_in(answer, "taskDefinition");
    if (told == nullptr) co_return fail(ErrorCode::upstream, "ECS did not tell the revision that it registered.");
    co_return *told;
}

Task<void> Migration::prepare(json::object pattern, std::string container) {
    definition_ = std::move(pattern);
    container_ = std::move(container);
    if (!options_.migration_family.empty()) {
        SLIPWAY_CO_TRY(definition_, co_await describe_definition(cloud_, options_.migration_family));
        SLIPWAY_CO_TRY(container_, container_for(definition_, "", options_.image));
    }
    command_ = options_.migration_command;
    if (command_.empty()) command_ = migration_command(definition_, container_);
    if (command_.empty())
        co_return fail(ErrorCode::invalid,
                       "The container {} neither migrates nor serves by its command, so say with --migration-command "
                       "how to migrate.",
                       container_);
    co_return Result<void>();
}

Task<void> Migration::use(json::object revision) {
    if (options_.migration_family.empty()) {
        definition_ = std::move(revision);
        co_return Result<void>();
    }
    SLIPWAY_CO_TRY(definition_, co_await register_revision(cloud_, definition_, container_, options_.image));
    tell_(fmt::format("registered {}", short_name(text_or(definition_, "taskDefinitionArn"))));
    co_return Result<void>();
}

Task<int> Migration::run(json::object service, std::vector<std::string> more, Verdict& verdict) {
    auto command = command_;
    command.insert(command.end(), more.begin(), more.end());
    const auto words = join(command, " ");
    tell_("running " + words);
    TaskOrder order{.cluster = options_.cluster,
                    .service = std::move(service),
                    .definition = definition_,
                    .container = container_,
                    .command = std::move(command),
                    .poll = options_.poll,
                    .timeout = options_.timeout};
    SLIPWAY_CO_TRY(auto ended, co_await run_task(cloud_, std::move(order)));
    for (const auto& line : ended.log) tell_("  " + line);
    verdict.log = std::move(ended.log);
    const auto code = ended.task.exit_code;
    if (code != 0) verdict.stopped.push_back(ended.task);
    if (code < 0)
        co_return fail(ErrorCode::unavailable, "The task '{}' never ran: {} {}", words, ended.task.reason,
                       ended.task.container_reason);
    co_return code;
}

}  // namespace slipway::deploy
