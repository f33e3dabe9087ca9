// Jobs as faces and scripts see them.
#pragma once

#include "app/capabilities/capabilities.h"

namespace slipway::app {

json::object to_json(const job::Info& info);
json::object to_json(const job::Page& page);  // {jobs, next}

// For the user of `principal`. `wanted`: {name, arguments, delay_ms, key, priority, group, attempts}. `not_found` when
// the application's scripts declare no such job, `invalid` when a field is out of bounds.
Task<job::Info> start_job(const Capabilities& capabilities, const account::Principal& principal, json::object wanted);
// The same without a user, for the operator and the clock: all names.
Result<job::NewJob> job_from(const Capabilities& capabilities, const json::object& wanted);

// {state, limit, cursor}
Task<job::Page> list_jobs(const Capabilities& capabilities, WorkspaceId workspace, json::object wanted);

}  // namespace slipway::app
