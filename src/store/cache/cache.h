// The cache port: values that may be lost at any time, and limits that may not be passed. Adapters: memory.h (this
// process), redis.h (shared by processes).
//
// The workspace is a parameter of everything: no key, group, counter or limit of one is another's, whatever they are
// called. Losing the store is no outage: what is asked for is not there, what is set is dropped, limits become
// stricter. Only add() and count() fail then, as each other answer could be wrong in the unsafe direction.
//
// Thread safe. All calls are cancellable. Errors of all: `invalid` for a key, value, time or limit out of bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "base/workspace.h"

namespace slipway::store {

inline constexpr std::size_t kCacheKeyBytesMax = 512;  // of group and name together
inline constexpr std::size_t kCacheValueBytesMax = 1 << 20;
inline constexpr Milliseconds kCacheTimeMax{30LL * 24 * 3600 * 1000};
inline constexpr std::int64_t kCacheAmountMax = 1'000'000'000'000;

// Values of a group can be erased together: what is computed from one document, of one user … Any bytes.
struct CacheKey {
    std::string group, name;
};

// At once `burst`, and as many again spread evenly over `period`.
struct Limit {
    std::size_t burst = 1;
    Milliseconds period{1'000};
};

struct Admission {
    bool admitted = false;
    Milliseconds retry_after{0};  // when not admitted
    std::size_t remaining = 0;    // that would be admitted now
    Milliseconds full_after{0};   // until the whole burst would be
    bool degraded = false;        // judged by this process alone, more strictly, as the store does not answer
};

// Limits alone. Beside caches: database_limiter.h.
class Limiter {
 public:
    virtual ~Limiter() = default;
    // May it happen once more now? Exact over all processes that share the store (GCRA by the store's clock).
    virtual Task<Admission> admit(WorkspaceId workspace, CacheKey key, Limit limit) = 0;
};

struct CacheStatus {
    std::string engine;  // "Redis 7.0.15", "memory"
    Milliseconds latency{0};
    std::uint64_t bytes = 0;  // held by this process
};

class Cache : public Limiter {
 public:
    // nullopt when it was never set, has expired, was erased or lost.
    virtual Task<std::optional<std::string>> get(WorkspaceId workspace, CacheKey key) = 0;
    // Success says nothing about whether the value is kept. `ttl`: from one millisecond to kCacheTimeMax.
    virtual Task<void> set(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) = 0;
    // Sets it unless there is a value; exactly one of those who try at once gets true. `unavailable` when the store
    // does not answer.
    virtual Task<bool> add(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) = 0;
    // The value and the counter of this name. When the store does not answer, this process does it before it reads from
    // it again; should the process end first, the value lives as long as it was set for.
    virtual Task<void> erase(WorkspaceId workspace, CacheKey key) = 0;
    // All values of the group. `unavailable` only when the store does not answer and too much waits to be erased.
    virtual Task<void> erase_group(WorkspaceId workspace, std::string group) = 0;
    // Adds to a counter and returns what it is then; it ends `ttl` after its first count. Like a value it may be lost,
    // so what must not be passed is a limit, not a counter. `unavailable` when the store does not answer.
    virtual Task<std::int64_t> count(WorkspaceId workspace, CacheKey key, std::int64_t amount, Milliseconds ttl) = 0;
    // `unavailable` says what is wrong with the store.
    virtual Task<CacheStatus> status() = 0;
};

// What each adapter checks first.
Result<void> check_cache_key(const CacheKey& key);
Result<void> check_cache_value(std::string_view value, Milliseconds ttl);
Result<void> check_count(std::int64_t amount, Milliseconds ttl);
Result<void> check_limit(const Limit& limit);

struct CacheOptions {
    std::string name = "slipway";  // tells applications apart that share a Redis; of letters, digits, '-' and '_'
    // A share of the limit for this process while Redis does not answer: a fourth is safe for four processes.
    std::size_t degraded_divisor = 4;
    // After a failure Redis is not asked for so long, so that a dead one costs no request its time-out.
    Milliseconds pause_after_loss{1'000};
};

// `memory:`, `memory:?bytes=N` (of all values; default 64 MiB), `redis://…` or `rediss://…` (store/redis/url.h; a
// command has 500 ms unless the URL says otherwise). Connects nothing yet.
Result<std::unique_ptr<Cache>> open_cache(std::string_view url, CacheOptions options = {});

}  // namespace slipway::store
