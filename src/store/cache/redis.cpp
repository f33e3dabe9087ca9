#include "store/cache/redis.h"

#include <atomic>
#include <deque>
#include <mutex>

#include "base/crypto.h"
#include "base/metrics.h"
#include "base/percent.h"
#include "store/cache/availability.h"
#include "store/cache/local_limits.h"
#include "store/cache/scripts.h"
#include "store/redis/client.h"

namespace slipway::store {
namespace {

constexpr std::size_t kStampBytes = 16;  // characters: base64url of 12 random bytes
constexpr std::size_t kErasuresMax = 10'000;
constexpr Milliseconds kStampTime = kCacheTimeMax + Milliseconds(24 * 3600 * 1000);  // longer than any value
constexpr Milliseconds kCommandTime{500}, kConnectTime{1'000};                       // a cache that is slower is none

metrics::Counter& degraded(std::string_view operation) {
    return metrics::counter("slipway_cache_degraded_total", "Operations of the cache answered without its store.",
                            {{"operation", operation}});
}

metrics::Counter& answers(std::string_view result) {
    return metrics::counter("slipway_cache_gets_total", "Values asked of the cache.", {{"result", result}});
}

std::string text_of(Milliseconds time) { return fmt::format("{}", time.count()); }

class RedisCache : public Cache {
 public:
    RedisCache(std::unique_ptr<redis::Client> client, CacheOptions options)
        : client_(std::move(client)),
          options_(std::move(options)),
          availability_(client_->place(), options_.pause_after_loss) {}

    Task<std::optional<std::string>> get(WorkspaceId workspace, CacheKey key) override;
    Task<void> set(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override;
    Task<bool> add(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override;
    Task<void> erase(WorkspaceId workspace, CacheKey key) override;
    Task<void> erase_group(WorkspaceId workspace, std::string group) override;
    Task<std::int64_t> count(WorkspaceId workspace, CacheKey key, std::int64_t amount, Milliseconds ttl) override;
    Task<Admission> admit(WorkspaceId workspace, CacheKey key, Limit limit) override;
    Task<CacheStatus> status() override;

 private:
    using Keys = std::vector<std::string>;

    std::string key_of(const WorkspaceId& workspace, char kind, std::string_view group, std::string_view name) const {
        return fmt::format("{}:{{w:{}}}:{}:{}:{}", options_.name, percent_encode(workspace.value), kind,
                           percent_encode(group), percent_encode(name));
    }
    Keys stamp_and_value(const WorkspaceId& workspace, const CacheKey& key) const {
        return {key_of(workspace, 'g', key.group, ""), key_of(workspace, 'v', key.group, key.name)};
    }
    // The answer, or `unavailable`: also while the store is left alone. First what had to wait is erased.
    Task<redis::Reply> ask(redis::Command command);
    Task<redis::Reply> ask(const redis::Script& script, Keys keys, Keys arguments);
    Task<void> before_asking();
    template <typename T>
    Result<T> judged(Result<T> result);
    // Erases now, or once the store answers again.
    Task<void> erase_keys(Keys keys);
    Task<void> erase_what_waits();

    std::unique_ptr<redis::Client> client_;
    CacheOptions options_;
    Availability availability_;
    LocalLimits limits_;
    std::mutex mutex_;
    std::deque<Keys> erasures_;  // that wait; of one node each
    std::atomic<bool> erasures_wait_{false};
};

template <typename T>
Result<T> RedisCache::judged(Result<T> result) {
    if (result) {
        availability_.answered();
    } else if (result.error().details.contains("redis") && !result.error().details.contains("phase")) {
        availability_.refused(result.error());
    } else {
        availability_.failed(result.error());
    }
    return result;
}

Task<void> RedisCache::erase_what_waits() {
    while (true) {
        Keys keys;
        {
            const std::lock_guard hold(mutex_);
            if (erasures_.empty()) {
                erasures_wait_ = false;
                co_return Result<void>();
            }
            keys = erasures_.front();
        }
        redis::Command command("DEL");
        for (const auto& key : keys) command.key(key);
        SLIPWAY_CO_CHECK(co_await client_->run(std::move(command).repeatable()));
        const std::lock_guard hold(mutex_);
        if (!erasures_.empty() && erasures_.front() == keys) erasures_.pop_front();
    }
}

Task<void> RedisCache::before_asking() {
    if (!availability_.may_ask()) co_return std::unexpected(availability_.reason());
    if (!erasures_wait_) co_return Result<void>();
    auto erased = co_await erase_what_waits();
    if (!erased) availability_.failed(erased.error());
    co_return erased;
}

Task<redis::Reply> RedisCache::ask(redis::Command command) {
    SLIPWAY_CO_CHECK(co_await before_asking());
    auto reply = co_await client_->run(std::move(command));
    if (!reply && co_await cancelled()) co_return reply;  // says nothing about the store
    co_return judged(std::move(reply));
}

Task<redis::Reply> RedisCache::ask(const redis::Script& script, Keys keys, Keys arguments) {
    SLIPWAY_CO_CHECK(co_await before_asking());
    auto reply = co_await client_->evaluate(script, std::move(keys), std::move(arguments));
    if (!reply && co_await cancelled()) co_return reply;
    co_return judged(std::move(reply));
}

Task<std::optional<std::string>> RedisCache::get(WorkspaceId workspace, CacheKey key) {
    static auto& hits = answers("hit");
    static auto& misses = answers("miss");
    static auto& without = degraded("get");
    SLIPWAY_CO_CHECK(check_cache_key(key));
    const auto keys = stamp_and_value(workspace, key);
    auto command = redis::Command("MGET").key(keys[0]).key(keys[1]).repeatable();
    auto reply = co_await ask(std::move(command));
    if (!reply) without.add();
    const bool whole = reply && reply->items.size() == 2;
    const bool counts =
        whole && reply->items[0].text.size() == kStampBytes && reply->items[1].text.starts_with(reply->items[0].text);
    (counts ? hits : misses).add();
    if (!counts) co_return std::optional<std::string>();
    co_return std::optional(reply->items[1].text.substr(kStampBytes));
}

Task<void> RedisCache::set(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) {
    static auto& without = degraded("set");
    SLIPWAY_CO_CHECK(check_cache_key(key));
    SLIPWAY_CO_CHECK(check_cache_value(value, ttl));
    auto keys = stamp_and_value(workspace, key);
    const auto value_key = keys[1];
    Keys arguments{random_token(12), std::move(value), text_of(ttl), text_of(kStampTime), "0"};
    const auto reply = co_await ask(cache_scripts::put(), std::move(keys), std::move(arguments));
    if (reply) co_return Result<void>();
    without.add();
    // The value that was there before is not the newest any more.
    Keys stale{value_key};
    static_cast<void>(co_await erase_keys(std::move(stale)));
    co_return Result<void>();
}

Task<bool> RedisCache::add(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) {
    SLIPWAY_CO_CHECK(check_cache_key(key));
    SLIPWAY_CO_CHECK(check_cache_value(value, ttl));
    auto keys = stamp_and_value(workspace, key);
    Keys arguments{random_token(12), std::move(value), text_of(ttl), text_of(kStampTime), "1"};
    SLIPWAY_CO_TRY(const auto reply, co_await ask(cache_scripts::put(), std::move(keys), std::move(arguments)));
    co_return reply.as_integer() == 1;
}

Task<void> RedisCache::erase_keys(Keys keys) {
    redis::Command command("DEL");
    for (const auto& key : keys) command.key(key);
    const auto reply = co_await ask(std::move(command).repeatable());
    if (reply) co_return Result<void>();
    const std::lock_guard hold(mutex_);
    if (erasures_.size() >= kErasuresMax)
        co_return fail(ErrorCode::unavailable, "The cache does not answer, and too much waits to be erased from it.");
    erasures_.push_back(std::move(keys));
    erasures_wait_ = true;
    co_return Result<void>();
}

Task<void> RedisCache::erase(WorkspaceId workspace, CacheKey key) {
    SLIPWAY_CO_CHECK(check_cache_key(key));
    Keys keys{key_of(workspace, 'v', key.group, key.name), key_of(workspace, 'n', key.group, key.name)};
    co_return co_await erase_keys(std::move(keys));
}

Task<void> RedisCache::erase_group(WorkspaceId workspace, std::string group) {
    Keys keys{key_of(workspace, 'g', group, "")};
    co_return co_await erase_keys(std::move(keys));
}

Task<std::int64_t> RedisCache::count(WorkspaceId workspace, CacheKey key, std::int64_t amount, Milliseconds ttl) {
    SLIPWAY_CO_CHECK(check_cache_key(key));
    SLIPWAY_CO_CHECK(check_count(amount, ttl));
    Keys keys{key_of(workspace, 'n', key.group, key.name)};
    Keys arguments{fmt::format("{}", amount), text_of(ttl)};
    SLIPWAY_CO_TRY(const auto reply, co_await ask(cache_scripts::count(), std::move(keys), std::move(arguments)));
    co_return reply.as_integer().value_or(0);
}

Task<Admission> RedisCache::admit(WorkspaceId workspace, CacheKey key, Limit limit) {
    static auto& without = degraded("admit");
    SLIPWAY_CO_CHECK(check_cache_key(key));
    SLIPWAY_CO_CHECK(check_limit(limit));
    Keys keys{key_of(workspace, 'l', key.group, fmt::format("{}:{}:{}", limit.burst, limit.period.count(), key.name))};
    Keys arguments{fmt::format("{}", limit.burst), fmt::format("{}", limit.period.count() * 1000)};
    const auto reply = co_await ask(cache_scripts::admit(), std::move(keys), std::move(arguments));
    if (reply && reply->items.size() == 4) {
        Admission admission;
        admission.admitted = reply->items[0].as_integer() == 1;
        admission.retry_after = Milliseconds(reply->items[1].as_integer().value_or(1));
        admission.remaining = static_cast<std::size_t>(reply->items[2].as_integer().value_or(0));
        admission.full_after = Milliseconds(reply->items[3].as_integer().value_or(0));
        co_return admission;
    }
    if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "The request was cancelled.");
    without.add();
    co_return limits_.admit_degraded(workspace, key, limit, options_.degraded_divisor);
}

Task<CacheStatus> RedisCache::status() {
    SLIPWAY_CO_TRY(auto server, co_await client_->status());
    CacheStatus status;
    status.engine = std::move(server.engine);
    status.latency = server.latency;
    co_return status;
}

}  // namespace

Result<std::unique_ptr<Cache>> open_redis_cache(std::string_view url, CacheOptions options) {
    redis::Options defaults;
    defaults.command_time_max = kCommandTime;
    defaults.connect_time_max = kConnectTime;
    SLIPWAY_TRY(auto where, redis::parse_url(url, std::move(defaults)));
    SLIPWAY_TRY(auto client, redis::open(std::move(where)));
    return std::unique_ptr<Cache>(std::make_unique<RedisCache>(std::move(client), std::move(options)));
}

}  // namespace slipway::store
