// Limits of this process alone: the ones of memory:, and those that stand in while Redis does not answer.
#pragma once

#include <map>
#include <mutex>

#include "base/token_buckets.h"
#include "store/cache/cache.h"

namespace slipway::store {

// Thread safe.
class LocalLimits {
 public:
    Result<Admission> admit(const WorkspaceId& workspace, const CacheKey& key, const Limit& limit);
    // With a share of the burst, while the store that all share does not answer.
    Result<Admission> admit_degraded(const WorkspaceId& workspace, const CacheKey& key, Limit limit,
                                     std::size_t divisor);

 private:
    static constexpr std::size_t kLimitsMax = 256;  // different ones; they are few, the program's own

    std::mutex mutex_;
    std::map<std::pair<std::size_t, Milliseconds>, TokenBuckets> limits_;
};

// A name that no other triple has.
std::string local_key(const WorkspaceId& workspace, const CacheKey& key);

}  // namespace slipway::store
