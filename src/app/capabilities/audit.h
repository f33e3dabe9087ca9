// Security events as faces, scripts and the operator see them.
#pragma once

#include "app/capabilities/capabilities.h"

namespace slipway::app {

// {id, at, event, outcome, user_id, actor_id, workspace, address, user_agent, request_id, details, sealed}
json::object to_json(const account::RecordedEvent& recorded);

// {user, actor, event, outcome, from, until, before, limit}: `from` and `until` as RFC 3339 in UTC
// ("2026-12-01T09:30:00Z"), or a day; `invalid` names what cannot be read.
Result<account::EventFilter> event_filter(const json::object& wanted);

// {events, next}: `next` is `before` of the next page, missing on the last one.
Task<json::object> list_events(const Capabilities& capabilities, account::EventFilter filter);

// All that fit the filter, the newest first, page by page; `page` may end it by an error. At most kEventsExportedMax.
inline constexpr std::size_t kEventsExportedMax = 1'000'000;
using EventPage = std::function<Task<void>(std::string json_lines)>;
Task<void> export_events(const Capabilities& capabilities, account::EventFilter filter, EventPage page);

}  // namespace slipway::app
