// Idempotency records: a message may be delivered twice, its effect happens once. Works with every queue adapter; the
// effect and its record are in one transaction of the database.
//
//     co_await database.transact(workspace, body) with, inside:
//     SLIPWAY_CO_TRY(const bool first, co_await store::first_time(transaction, lease.id));
//     if (!first) co_return Result<void>();      // done before; acknowledge it all the same
//     … the effect …
#pragma once

#include <span>
#include <string>

#include "store/database/database.h"

namespace slipway::store {

// True once per name in the workspace of the transaction, provided that it commits. Of two at the same time one waits
// for the other. The name: the id of a message, or what a client calls its request; at most 512 bytes.
Task<bool> first_time(Transaction& transaction, std::string name);

// Forgets records made before, the oldest first: choose more than the longest life of a message. How many.
Task<std::int64_t> forget_effects(Database& database, Instant before, std::size_t count_max = 1'000);

// The table `queue_effect`.
std::span<const Migration> effect_migrations();

}  // namespace slipway::store
