// The scripts of the Redis queue; redis.h says what the keys are. KEYS[1] is what all keys of the queue begin with.
// Part of redis.cpp.
#pragma once

#include "store/redis/command.h"

namespace slipway::store::queue_scripts {

// id, workspace, group, priority, body, delay, most attempts, deduplication key, its time → {id, 1 when a duplicate}
const redis::Script& enqueue();
// count, visibility, receipt → messages as {id, workspace, body, group, priority, attempts, most attempts, enqueued,
// end of the lease}
const redis::Script& lease();
// All of these: id, workspace, receipt → 1, or 0 when the lease is not held.
const redis::Script& acknowledge();
const redis::Script& extend();  // …, visibility
const redis::Script& retry();   // …, reason, delay (-1: the caller has to ask again, with one for ATTEMPTS) → 1, 0,
                                // or {attempts}
const redis::Script& release();
const redis::Script& bury();  // …, reason
// workspace, id or "" for the longest dead, how many at most → how many
const redis::Script& redrive();
// workspace, cursor → {cursor, how many}
const redis::Script& purge_waiting();
// workspace, how many at most → how many
const redis::Script& purge_dead();

}  // namespace slipway::store::queue_scripts
