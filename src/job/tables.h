// The tables `job` and `job_schedule`.
#pragma once

#include <span>

#include "job/types.h"
#include "store/database/database.h"

namespace slipway::job {

std::span<const store::Migration> migrations();

// Rows of `job`; nothing else writes them. `id` is that of the message in the queue.
Task<void> note_queued(store::Database& database, WorkspaceId workspace, std::string id, const NewJob& job);
// Makes the row when the worker is faster than who enqueued it.
Task<void> note_started(store::Database& database, WorkspaceId workspace, Info job);
// `state` is queued (again), done or failed.
Task<void> note_ended(store::Database& database, WorkspaceId workspace, std::string id, State state,
                      std::string reason);

// What is known of jobs that finished before, those that did so first. How many.
Task<std::int64_t> forget_jobs(store::Database& database, Instant finished_before, std::size_t count_max);

// What info_from() reads; more conditions may follow.
inline constexpr std::string_view kSelectInfo =
    "select id, name, state, attempts, attempts_max, created_at, started_at, finished_at, reason from job where "
    "workspace = $workspace";
Info info_from(const store::Row& row);

}  // namespace slipway::job
