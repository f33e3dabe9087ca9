// Whether exactly one image serves: all running tasks of the service are of this revision and pulled this digest, there
// are as many as wanted, and the load balancer sends requests to each of them.
#pragma once

#include <set>
#include <string>

#include "deploy/rollout/cloud.h"
#include "deploy/rollout/revision.h"

namespace slipway::deploy {

struct Wanted {
    std::string cluster, service;
    std::string definition_arn, container;
    json::object definition;                     // of that revision
    std::set<std::string, std::less<>> digests;  // each is the image: the digest of an index, and of what it holds
};

struct Serving {
    bool serves = false;
    bool in_vain = false;  // waiting does not help
    std::string reason;    // why not; or how many tasks
};
Task<Serving> check_serving(Cloud& cloud, Wanted wanted);

// All digests by which a task may name the image: that of an index (several architectures) is pulled by the digest of
// one entry. Asks ECR; `not_found` when it has no such image. Registries elsewhere are not asked.
Task<std::set<std::string, std::less<>>> digests_of(Cloud& cloud, Image image);

}  // namespace slipway::deploy
