// Statements of the database queue that read messages as rows. Part of database.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database/database.h"
#include "store/queue/queue.h"

namespace slipway::store {

struct LeaseRequest {
    std::string queue;
    std::size_t count_max = 1;
    Instant at, until;
    std::string_view skip_locked;
};

// In the system scope. Also buries what has used up its attempts, and forgets keys whose time has passed.
Task<std::vector<LeasedMessage>> lease_messages(Transaction& transaction, LeaseRequest request);

Task<MessageInfo> find_message(Database& database, WorkspaceId workspace, std::string queue, std::string id);
Task<QueueCounts> count_messages(Database& database, Scope scope, std::string queue);
Task<MessagePage> dead_messages(Database& database, WorkspaceId workspace, std::string queue, std::size_t limit,
                                std::optional<std::string> cursor);
Task<std::int64_t> redrive_messages(Database& database, WorkspaceId workspace, std::string queue,
                                    std::optional<std::string> id);

}  // namespace slipway::store
