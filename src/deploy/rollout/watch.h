// One deployment of ECS followed to its end. What ECS itself calls the end is told apart: a service that rolled itself
// back is "steady", too, which is why waiting for a steady service proves nothing. Sources: ECS API,
// "ListServiceDeployments", "DescribeServiceDeployments", "DescribeServiceRevisions".
#pragma once

#include <functional>
#include <string>

#include "deploy/rollout/evidence.h"

namespace slipway::deploy {

using Tell = std::function<void(const std::string& line)>;  // progress, for people

struct Watched {
    std::string cluster, service;
    std::string definition_arn;  // the revision that is to serve
    std::string container;
    double since = 0;                   // when it was asked for, by Cloud::time_there()
    Milliseconds poll{5'000};           // between two looks
    Milliseconds timeout{30 * 60'000};  // by Cloud::elapsed() since the watch began
};

struct DeploymentEnd {
    enum class How : unsigned char {
        successful,       // says ECS
        rolled_back,      // by ECS
        rollback_failed,  // also: stopped by its breaker, and there was nothing to go back to
        superseded,       // stopped, and the service is on its way to another revision
        stopped,          // by somebody
        timed_out,
        lost,  // ECS could not be asked any more
    };
    How how = How::lost;
    std::string reason;
};

// What is looked at fails for a while (throttling, 5xx, no connection): it is asked again until the time is over. A
// refusal (credentials, rights) ends it at once.
Task<DeploymentEnd> watch(Cloud& cloud, Watched watched, Evidence& evidence, Tell tell);

// Whether a failed question may be asked again.
bool passes(const Error& error);

// One service; `not_found` when there is none of this name that is active.
Task<json::object> describe_service(Cloud& cloud, std::string cluster, std::string service);

}  // namespace slipway::deploy
