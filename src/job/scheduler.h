// Starts jobs when they are due. Any number of processes may run it with the same entries: each due time starts one
// job, as all of them start it with the same deduplication key. What was due while no process ran is started once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "job/schedule.h"
#include "job/service.h"

namespace slipway::job {

struct ScheduledJob {
    WorkspaceId workspace;
    std::string name;  // of the entry, one per workspace, at most 64 bytes; the table `job_schedule` knows it by that
    Schedule schedule;
    NewJob job;  // its deduplication key is set here
};

class Scheduler {
 public:
    // `database` and `jobs` outlive it.
    Scheduler(store::Database& database, Jobs& jobs, std::vector<ScheduledJob> entries);
    ~Scheduler();

    // Until stop(). What fails is logged and tried again. Asks the database only when something is due.
    asio::awaitable<void> run();
    // From the loop of run().
    void stop();

    // One look at all entries: starts what is due at this time. How many this call started. For run(), and for tests.
    Task<std::size_t> start_due(Instant at);

 private:
    Task<bool> start_if_due(const ScheduledJob& entry, Instant at);
    void look_again_at(Instant due) { next_ = next_ ? std::min(*next_, due) : due; }

    store::Database& database_;
    Jobs& jobs_;
    std::vector<ScheduledJob> entries_;
    std::weak_ptr<asio::steady_timer> timer_;  // run()'s, as it must not outlive the loop
    std::optional<Instant> next_;              // nothing is due before
    bool stopping_ = false;
};

}  // namespace slipway::job
