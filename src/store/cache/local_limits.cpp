#include "store/cache/local_limits.h"

namespace slipway::store {

std::string local_key(const WorkspaceId& workspace, const CacheKey& key) {
    return fmt::format("{}:{}:{}{}{}", workspace.value.size(), key.group.size(), workspace.value, key.group, key.name);
}

Result<Admission> LocalLimits::admit(const WorkspaceId& workspace, const CacheKey& key, const Limit& limit) {
    TokenBuckets* buckets = nullptr;
    {
        const std::lock_guard hold(mutex_);
        const std::pair same(limit.burst, limit.period);
        if (limits_.size() >= kLimitsMax && !limits_.contains(same))
            return fail(ErrorCode::invalid, "There are more than {} different limits.", kLimitsMax);
        buckets = &limits_.try_emplace(same, limit.burst, limit.period).first->second;
    }
    const auto wait = buckets->take(local_key(workspace, key));
    Admission admission;
    admission.admitted = !wait;
    admission.retry_after = wait.value_or(Milliseconds(0));
    return admission;
}

}  // namespace slipway::store
