// A plan or state of Terraform, from which a task definition is made.
#include "deploy/registration/registration.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(task_definition) {
    using namespace slipway;
    const auto plan = deploy::Plan::read(input);
    if (!plan) return;
    const auto service = deploy::service_named(*plan, "");
    if (!service) return;
    const auto registration = deploy::registration_of(*plan, *service->task);
    if (registration) fuzz::require(registration->definition.contains("containerDefinitions"), "it has containers");
    for (const auto& command : deploy::aws_commands(*plan, *service, "task-def.json"))
        fuzz::require(command.starts_with("aws ecs "), "a command is one of the AWS CLI");
}
