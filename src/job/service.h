// Starts jobs and tells how far they are. A worker (worker.h) runs them, in this process or another.
//
// A job's id is that of its message in the queue. Its row in the table `job` is only what is known about it: the queue
// says what is to be done. When the process ends between the two, the job runs all the same, and the worker makes the
// row.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "job/types.h"
#include "store/database/database.h"
#include "store/queue/queue.h"

namespace slipway::job {

// Thread safe. `database` and `queue` outlive it.
class Jobs {
 public:
    Jobs(store::Database& database, store::Queue& queue, std::string queue_name = "jobs")
        : database_(database), queue_(queue), queue_name_(std::move(queue_name)) {}

    // Called whenever a job was started that is due at once, on the thread of that; before the first start().
    void on_start(std::function<void()> tell) { started_ = std::move(tell); }

    // Of jobs that are started; what a worker does it tells itself (WorkerOptions). Before the first start().
    void on_change(Watcher tell) { changed_ = std::move(tell); }

    // Durable, as the queue promises, once this returns. `invalid` for a name or arguments out of bounds.
    Task<Info> start(WorkspaceId workspace, NewJob job);
    // `not_found` when there is none, or not in this workspace.
    Task<Info> find(WorkspaceId workspace, std::string id);
    // All, or those in a state. `limit`: 1 … 100.
    Task<Page> list(WorkspaceId workspace, std::optional<State> state, std::size_t limit,
                    std::optional<std::string> cursor);
    // Given-up jobs run again: one, or at most 1000 that were given up longest ago. How many.
    Task<std::int64_t> redrive(WorkspaceId workspace, std::optional<std::string> id);
    Task<store::QueueCounts> counts(WorkspaceId workspace);

 private:
    store::Database& database_;
    store::Queue& queue_;
    std::string queue_name_;
    std::function<void()> started_;
    Watcher changed_;
};

// What is in the message of a job: {"name": …, "arguments": {…}, "user": id}. Other programs may send such, too; what
// they leave out of arguments and user is empty.
std::string to_message(const NewJob& job);
struct Order {
    std::string name, user;
    json::object arguments;
};
Result<Order> from_message(std::string_view body);

}  // namespace slipway::job
