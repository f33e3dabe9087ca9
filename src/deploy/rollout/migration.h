// The migrations of a release, run as tasks of its image.
#pragma once

#include <string>
#include <vector>

#include "deploy/rollout/release.h"

namespace slipway::deploy {

// A new revision of `definition` with the image in that container, as ECS tells it.
Task<json::object> register_revision(Cloud& cloud, json::object definition, std::string container, Image image);
// The newest revision of a family, or exactly this one.
Task<json::object> describe_definition(Cloud& cloud, std::string definition);

// `cloud` and `options` outlive it.
class Migration {
 public:
    Migration(Cloud& cloud, const ReleaseOptions& options, Tell tell)
        : cloud_(cloud), options_(options), tell_(std::move(tell)) {}

    // Finds the words by which it migrates; `invalid` when there are none. `pattern` and `container`: of the service.
    Task<void> prepare(json::object pattern, std::string container);
    const std::vector<std::string>& command() const { return command_; }

    // From here on with the image: with the service's new revision, or one of the family's own.
    Task<void> use(json::object revision);
    // The exit code of the command with more words. What it said goes into the verdict. `unavailable` when it did not
    // begin or not end.
    Task<int> run(json::object service, std::vector<std::string> more, Verdict& verdict);

 private:
    Cloud& cloud_;
    const ReleaseOptions& options_;
    Tell tell_;
    json::object definition_;
    std::string container_;
    std::vector<std::string> command_;
};

}  // namespace slipway::deploy
