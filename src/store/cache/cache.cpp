#include "store/cache/cache.h"

#include <algorithm>
#include <charconv>

#include "store/cache/memory.h"
#include "store/cache/redis.h"

namespace slipway::store {
namespace {

constexpr std::string_view kMemory = "memory:";
constexpr std::string_view kBytes = "?bytes=";

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

Result<std::unique_ptr<Cache>> open_memory(std::string_view rest) {
    MemoryCacheOptions options;
    if (rest.empty()) return make_memory_cache(options);
    const auto number = rest.starts_with(kBytes) ? rest.substr(kBytes.size()) : std::string_view();
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), options.bytes_max);
    if (number.empty() || error != std::errc() || end != number.data() + number.size() || options.bytes_max == 0)
        return fail(ErrorCode::invalid, "A cache in memory is memory: or memory:?bytes=67108864.");
    return make_memory_cache(options);
}

}  // namespace

Result<void> check_cache_key(const CacheKey& key) {
    if (key.name.empty()) return fail(ErrorCode::invalid, "A key of the cache needs a name.");
    if (key.group.size() + key.name.size() > kCacheKeyBytesMax)
        return fail(ErrorCode::invalid, "A key of the cache has more than {} bytes.", kCacheKeyBytesMax);
    return {};
}

Result<void> check_cache_value(std::string_view value, Milliseconds ttl) {
    if (value.size() > kCacheValueBytesMax)
        return fail(ErrorCode::invalid, "A value of the cache has more than {} bytes.", kCacheValueBytesMax);
    if (ttl < Milliseconds(1) || ttl > kCacheTimeMax)
        return fail(ErrorCode::invalid, "A value of the cache is kept from 1 ms to 30 days.");
    return {};
}

Result<void> check_count(std::int64_t amount, Milliseconds ttl) {
    if (amount < 1 || amount > kCacheAmountMax)
        return fail(ErrorCode::invalid, "A counter is counted up by 1 to {}.", kCacheAmountMax);
    return check_cache_value("", ttl);
}

Result<void> check_limit(const Limit& limit) {
    constexpr std::size_t kBurstMax = 1'000'000;
    constexpr Milliseconds kPeriodMax{24 * 3600 * 1000};
    if (limit.burst < 1 || limit.burst > kBurstMax || limit.period < Milliseconds(1) || limit.period > kPeriodMax)
        return fail(ErrorCode::invalid, "A limit is 1 to {} times in 1 ms to 24 hours.", kBurstMax);
    return {};
}

Result<std::unique_ptr<Cache>> open_cache(std::string_view url, CacheOptions options) {
    if (!is_name(options.name) || options.degraded_divisor == 0)
        return fail(ErrorCode::invalid, "The name of a cache has letters, digits, '-' and '_', at most 64.");
    if (url.starts_with(kMemory)) return open_memory(url.substr(kMemory.size()));
    if (url.starts_with("redis://") || url.starts_with("rediss://")) return open_redis_cache(url, std::move(options));
    return fail(ErrorCode::invalid, "A cache is memory:, redis://host or rediss://host.");
}

}  // namespace slipway::store
