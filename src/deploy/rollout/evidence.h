// Why tasks ended: their stop reasons, and the last that they said.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/rollout/cloud.h"
#include "deploy/rollout/verdict.h"

namespace slipway::deploy {

// A line of a log for the eyes of whoever reads the output of CI: without control characters, at most 400 bytes, and
// without what looks like a secret (passwords in URLs, values of names that mean one, bearer tokens, keys of AWS and of
// model providers, JSON Web Tokens).
std::string redacted(std::string_view line);

// The tasks of one revision of a service that ended since this began to look.
class Evidence {
 public:
    Evidence(Cloud& cloud, std::string cluster, std::string service)
        : cloud_(cloud), cluster_(std::move(cluster)), service_(std::move(service)) {}

    // Returns those that are new. Tasks that were scaled in are none; those that Spot took are counted apart.
    Task<std::vector<StoppedTask>> look(std::string definition_arn, std::string container);
    const std::vector<StoppedTask>& stopped() const { return stopped_; }
    int interrupted() const { return interrupted_; }

 private:
    Cloud& cloud_;
    std::string cluster_, service_;
    std::set<std::string, std::less<>> seen_;
    std::vector<StoppedTask> stopped_;
    int interrupted_ = 0;
};

StoppedTask stopped_task(const json::object& task, std::string_view container);

// The last lines of a container of a task, redacted; one that says why there are none.
Task<std::vector<std::string>> last_lines(Cloud& cloud, json::object definition, StoppedTask task);

}  // namespace slipway::deploy
