// What was in a workspace that has been deleted (account::Workspaces::remove) goes away: the job workspaces.remove.
//
// Each step may be done again, and begins with what it finds, so who is killed in the middle is continued by whoever
// runs the job next. The row of the workspace goes last, once nothing of it is found in the database; until then
// resume_removals() finds it.
#pragma once

#include "serve/application.h"

namespace slipway::serve {

inline constexpr std::string_view kRemovalJob = "workspaces.remove";

// Has the workspace removed by a worker. Durable once this returns.
Task<void> start_removal(Application& application, WorkspaceId workspace);
// The same for all that are marked: what was not begun when a process ended.
Task<void> resume_removals(Application& application);

// `unavailable` while something in it is still used or written; to be tried again. `not_found` for a workspace that is
// not marked as deleted.
Task<void> remove_workspace(Application& application, WorkspaceId workspace);

}  // namespace slipway::serve
