// A task definition and a service as the AWS CLI takes them, from the same source as Terraform: its plan. For who
// deploys without Terraform, or wants to see what ECS would get. Forms: ECS API, RegisterTaskDefinition and
// CreateService; the AWS provider's resources aws_ecs_task_definition, aws_ecs_service, aws_ecs_cluster.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deploy/plan/tasks.h"

namespace slipway::deploy {

struct Registration {
    json::object definition;              // the input of register-task-definition
    std::vector<std::string> to_fill_in;  // words in capitals that stand for what AWS tells once it is made
};

// The service of a plan that is called `name`, or has this family; any when it is empty and there is only one.
// `invalid` names those that there are.
Result<Service> service_named(const Plan& plan, std::string_view name);

// `invalid` when the plan does not show the containers.
Result<Registration> registration_of(const Plan& plan, const Resource& task);

// create-cluster, register-task-definition and create-service, in order, each one line for a POSIX shell. `file` holds
// the definition.
std::vector<std::string> aws_commands(const Plan& plan, const Service& service, std::string_view file);

}  // namespace slipway::deploy
