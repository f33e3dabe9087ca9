// The cache that processes share: Redis, Valkey, ElastiCache, alone or as a cluster. May be run with
// maxmemory-policy=allkeys-lru: what is evicted is a miss.
//
// Keys are NAME:{w:WORKSPACE}:KIND:GROUP:NAME with each part percent-encoded, so that no name reaches into another's.
// All of one workspace lie on one node of a cluster. Kinds: `v` values, `g` the stamp of a group, `n` counters, `l`
// limits. A value begins with the stamp that its group had when it was set, and counts only while the group has that
// stamp: erasing a group takes its stamp away.
#pragma once

#include "store/cache/cache.h"

namespace slipway::store {

namespace redis {
class Client;
}

// `invalid` when the URL is wrong. Losing Redis logs one line ("cache lost"), its return another ("cache back"); the
// metric slipway_cache_degraded_total counts what was answered without it.
Result<std::unique_ptr<Cache>> open_redis_cache(std::string_view url, CacheOptions options = {});

}  // namespace slipway::store
