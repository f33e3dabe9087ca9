// `slipway deploy`: each command returns its exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/verify_command.h"

namespace slipway::cli {

struct DeployArguments {
    std::string cluster, service, image, container, region;
    bool migrate = false, contract = false, replace = false, keep = false, dry_run = false, json = false;
    std::vector<std::string> migration_command;
    std::string migration_family;
    int count = 0;
    VerifyArguments verify;  // without a URL: nothing is verified
    std::string timeout = "30m", poll = "5s", settle = "5m";
};
// Exit codes: deploy/rollout/verdict.h.
int deploy_ecs(const DeployArguments& arguments);

struct RegistrationArguments {
    std::string application, environment = "dev";  // whose plan is made; without an application:
    std::string plan = "-";                        // a file, or standard input
    std::vector<std::string> variables;
    std::string service, image, container;
    bool commands = false;
};
int task_definition(const RegistrationArguments& arguments);

}  // namespace slipway::cli
