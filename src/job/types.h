// Work that goes on after its request: what it is, and how far it is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/task.h"
#include "base/workspace.h"

namespace slipway::job {

enum class State : unsigned char {
    queued,   // waits for a worker, for the first time or after a failure (then with a reason)
    running,  // a worker has it
    done,
    failed,  // given up: its attempts are used up, or it can never succeed
};
std::string_view to_string(State state);
std::optional<State> state_from(std::string_view name);

struct NewJob {
    std::string name;  // of the handler: letters, digits, '-', '_' and '.', at most 64
    json::object arguments = {};
    std::string user = {};  // whom it is done for, by id; empty: for the application itself
    Milliseconds delay{0};
    std::string deduplication_key = {};  // while a job with this key is there, and some minutes: the same job
    int priority = 0;                    // 0 … 9, the highest first
    std::string group = {};              // of a group one runs at a time, in order
    int attempts_max = 5;
};

struct Info {
    std::string id, name;
    State state = State::queued;
    int attempts = 0, attempts_max = 0;
    Instant created;
    std::optional<Instant> started;   // the last attempt
    std::optional<Instant> finished;  // done or given up
    std::string reason;               // of the last failure
};

// Told when a job was started, began, ended, or is to be tried again. `user`: NewJob::user. Must not wait.
using Watcher = std::function<void(const WorkspaceId& workspace, std::string_view user, const Info& job)>;

struct Page {
    std::vector<Info> jobs;  // the newest first
    std::optional<std::string> next;
};

}  // namespace slipway::job
