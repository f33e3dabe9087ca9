// The queue in the database of the application (`database:`): a message is as durable as a committed transaction, and
// can be enqueued in the very transaction that makes it necessary.
//
// Leasing, total counts and sweeping run in Scope::system(), as a worker serves all workspaces; all else in the
// workspace of the message. Times are the clock of this process: those of several have to agree within the visibility.
// Where the dialect has it, workers skip rows that others are about to lease (Dialect::skip_locked).
#pragma once

#include <memory>
#include <span>

#include "store/database/database.h"
#include "store/queue/queue.h"

namespace slipway::store {

// The tables `queue_message` and `queue_deduplication`; database.migrate() makes them before the queue is used.
std::span<const Migration> queue_migrations();

// `database` outlives it.
std::unique_ptr<Queue> make_database_queue(Database& database);

// The message is there when, and only when, the transaction commits. In the workspace of the transaction.
Task<Enqueued> enqueue_within(Transaction& transaction, std::string queue, NewMessage message);

}  // namespace slipway::store
