// The queue in Redis, Valkey or ElastiCache (`redis://`, `rediss://`; store/redis/url.h).
//
// How durable an acknowledged message is, is the server's setting: with `appendonly yes` and `appendfsync always` it
// survives a crash, with `everysec` up to a second may be lost, without an append-only file all since the last
// snapshot; a failover loses what was not replicated. `maxmemory-policy` must be `noeviction`, or Redis throws messages
// away. status() warns of each where the server tells its settings. When Redis is full, enqueue() answers
// `unavailable`.
//
// All of one queue lies on one node of a cluster, under NAME:q:{QUEUE}: –
//   m:ID        a hash: the message and its state
//   s:PRIORITY  a stream of what may be leased, with the consumer group `workers`; its pending list holds the leases
//   d           what is delayed, by its time              g:…   per group: its messages in order, the first one placed
//   c, c:…      counts, of all and per workspace          w:…   per workspace: what is there and not dead
//   k:…         deduplication keys                        x:…   per workspace: dead letters, by their time
//   at          how far the pending lists were looked through
// Each change is one script. A lease's end is kept as the idle time of its pending entry: it is set so that the entry
// reaches kIdle when the lease ends, and XAUTOCLAIM takes what has been idle for kIdle. Times are the server's clock.
#pragma once

#include <memory>
#include <string>

#include "store/queue/queue.h"

namespace slipway::store {

struct RedisQueueOptions {
    std::string name = "slipway";  // tells applications apart that share a Redis; letters, digits, '-' and '_'
};

// Connects nothing yet. `invalid` when the URL is wrong.
Result<std::unique_ptr<Queue>> open_redis_queue(std::string_view url, RedisQueueOptions options = {});

}  // namespace slipway::store
