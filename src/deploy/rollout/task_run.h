// A task that does one thing and ends: a migration with the image that is to be released.
#pragma once

#include <string>
#include <vector>

#include "deploy/rollout/watch.h"

namespace slipway::deploy {

struct TaskOrder {
    std::string cluster;
    json::object service;     // its network and platform are the task's, too
    json::object definition;  // with "taskDefinitionArn"
    std::string container;
    std::vector<std::string> command;
    Milliseconds poll{5'000}, timeout{30 * 60'000};
};

struct TaskEnd {
    StoppedTask task;              // its exit code is what counts
    std::vector<std::string> log;  // its last lines
};
// On demand, never on Spot. `unavailable` when it did not begin or did not end in time (it is stopped then).
Task<TaskEnd> run_task(Cloud& cloud, TaskOrder order);

}  // namespace slipway::deploy
