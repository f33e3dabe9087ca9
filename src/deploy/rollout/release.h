// A release on ECS from the image to the proof: a revision with exactly this image, the migration, the deployment
// followed to its end, and the way back when it is bad.
//
//   1. the service, its revision and the image are looked at; nothing is changed when something is wrong. The pattern
//      of the new revision is the newest one of the family: what Terraform changed since comes along
//   2. with `migrate`: `migrate --plan` and then `migrate` run as tasks of the new revision. Steps that would break the
//      release before are never among them (store/database/migration_kind.h)
//   3. the service gets the revision, and ECS is followed to the end of that deployment
//   4. done is when all running tasks are of that revision and image, the load balancer holds them for healthy, and
//      `verify` is green; red leads back to the revision before, which is followed in the same way
//   5. with `contract`: `migrate --contract`, and `verify` once more. From there no way leads back: the release before
//      does not work with these tables
//
// A run that ended before the deployment did is taken up by the same call: where a deployment of exactly this image is
// under way, it is followed from there on, and neither registered nor migrated again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "deploy/rollout/revision.h"
#include "deploy/rollout/verdict.h"
#include "deploy/rollout/watch.h"

namespace slipway::deploy {

struct ReleaseOptions {
    std::string cluster, service;
    Image image;
    std::string container;  // that gets the image; empty: container_for() finds it

    bool migrate = false, contract = false;
    std::string migration_family;  // task definition that migrates; empty: the service's own
    // Empty: that of its container, where it begins with "migrate"; else "migrate APP" for "serve APP".
    std::vector<std::string> migration_command;

    int count = 0;          // tasks that the service is to want from now on; 0: as before
    bool replace = false;   // a deployment that is under way
    bool roll_back = true;  // when verify is red
    bool dry_run = false;   // tells what would be done
    Milliseconds poll{5'000};
    Milliseconds timeout{30 * 60'000};  // of each deployment and of each task
    Milliseconds settle{5 * 60'000};    // from the end of the deployment, as ECS sees it, until it is as it should be
    // A sentence that says what is red, or "" when all is green. Left out: nothing is verified.
    std::function<Task<std::string>()> verify;
};

// Never fails: what goes wrong is the verdict.
asio::awaitable<Verdict> release(Cloud& cloud, ReleaseOptions options, Tell tell);

}  // namespace slipway::deploy
