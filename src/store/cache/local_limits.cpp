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
    const auto taken = buckets->take(local_key(workspace, key));
    Admission admission;
    admission.admitted = !taken.wait;
    admission.retry_after = taken.wait.value_or(Milliseconds(0));
    admission.remaining = taken.left;
    admission.full_after = taken.full_after;
    return admission;
}

Result<Admission> LocalLimits::admit_degraded(const WorkspaceId& workspace, const CacheKey& key, Limit limit,
                                              std::size_t divisor) {
    limit.burst = std::max<std::size_t>(limit.burst / divisor, 1);
    SLIPWAY_TRY(auto admission, admit(workspace, key, limit));
    admission.degraded = true;
    return admission;
}

}  // namespace slipway::store
