// What the SQS queue asks of the rows of the database queue: which of them a ticket has to call for, and when. Part of
// sqs.cpp.
//
// A message is live while it is not dead. Of a group the first live one alone needs a ticket; it and every live message
// without a group is a *head* here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/database/database.h"
#include "store/queue/queue.h"

namespace slipway::store {

struct LiveMessage {
    std::string id;
    Instant due;  // or the end of its lease
    bool leased = false, head = true;
};
// Those of them that are live, of all workspaces.
Task<std::vector<LiveMessage>> live_messages(Database& database, std::string queue, std::vector<std::string> ids);
// When the first head is due, of all workspaces; in the past when there is one that can be leased.
Task<std::optional<Instant>> next_due(Database& database, std::string queue);
// The message, or the first of its group; nullopt when none is live.
Task<std::optional<LiveMessage>> first_of(Database& database, WorkspaceId workspace, std::string queue, std::string id,
                                          std::string group);

// Whether there are live messages behind it in its group.
Task<bool> is_followed(Database& database, Lease lease, std::string group);

inline constexpr std::int64_t kHeadsMax = 10'000;  // no more are counted
// Of all workspaces: those that are due before this, or all.
Task<std::int64_t> count_heads(Database& database, std::string queue, std::optional<Instant> due_before);

// As if it had not been enqueued, unless it was leased already. Whether it is gone.
Task<bool> take_back(Database& database, WorkspaceId workspace, std::string queue, std::string id);

}  // namespace slipway::store
