// Runs jobs: leases them, keeps the lease while a handler runs, and settles what became of it.
//
// At least once: a handler may run again after its effect, when the process died before it could say so. So it makes
// its effect in a transaction with store::first_time(transaction, job.id) (store/queue/effect.h).
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "job/types.h"
#include "job/upkeep.h"
#include "store/database/database.h"
#include "store/queue/queue.h"

namespace slipway::job {

struct Job {
    WorkspaceId workspace;
    std::string id, name;
    std::string user;  // NewJob::user
    json::object arguments;
    int attempts = 1;  // with this one
    int attempts_max = 1;
};

// Success ends the job. `invalid`, `not_found` and `forbidden` give it up, since it would fail again; any other error,
// and an exception, is tried again after the queue's back-off while attempts are left. Cancelled when its time is up,
// when the lease is lost, or when the worker has to end. Blocks no event loop.
using Handler = std::function<Task<void>(const Job&)>;

struct WorkerOptions {
    std::string queue_name = "jobs";
    std::size_t jobs_max = 4;              // at a time
    Milliseconds visibility{60'000};       // of a lease; extended when a third of it has passed
    Milliseconds job_time_max{3'600'000};  // then the handler is cancelled, and it counts as a failure
    Milliseconds poll_time{20'000};        // of one wait for a job; a stop ends it
    // Asked before each wait: false while what the queue lies in is to sleep. Then the queue is left alone once nothing
    // waits in it, also not for its time, until wake() or until this says true again. Empty: it never sleeps.
    std::function<bool()> may_poll;
    Watcher on_change;                        // of what becomes of the jobs, once it is noted
    Milliseconds drain_time_max{100'000};     // after stop(): then what still runs is cancelled and returned
    Milliseconds pause_after_failure{1'000};  // of the queue
    UpkeepOptions upkeep;                     // after the first job, and then beside the work
};

class Worker {
 public:
    // `database` (for the tables `job` and `queue_effect`) and `queue` outlive it.
    Worker(store::Database& database, store::Queue& queue, WorkerOptions options = {});
    ~Worker();

    // Before run(). A job without a handler is tried again later: a newer process may know it.
    void handle(std::string name, Handler handler);
    // For all other names, where they are not known beforehand; `unavailable` for one that it does not know either.
    void handle_others(Handler handler);

    // Until stop(): returns once each job that was begun is settled or returned to the queue. Once.
    asio::awaitable<void> run();
    // From the loop of run(): takes no more, lets what runs end within drain_time_max.
    void stop();
    // In place of run(), where messages are delivered: takes as many jobs as were, runs them all at the same time, and
    // settles them; what still runs after `time_max` is cancelled and returned to the queue. The ids of the deliveries
    // that are to come again. One call at a time.
    Task<std::vector<std::string>> run_delivered(std::vector<store::Delivery> deliveries, Milliseconds time_max);
    // A message may have come: it is looked for at once. From any thread, while run() has not returned.
    void wake();
    std::size_t running() const;

 private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace slipway::job
