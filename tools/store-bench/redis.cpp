// "store": "redis" (the client) or "cache" (the cache port above it). "operation": "set", which also fills what is
// asked for, or "get". "keys" of "bytes" each.
#include "store/cache/redis.h"

#include "load.h"
#include "store/redis/client.h"

namespace slipway::bench {
namespace {

constexpr std::int64_t kKeys = 10'000, kBytes = 100;
constexpr Milliseconds kLife{3'600'000};

struct Values {
    std::uint64_t keys;
    std::string value;
    std::string key(std::uint64_t turn) const { return fmt::format("bench:{}", chosen(turn, keys)); }
};

Result<void> expect(const Values& values, std::string_view got) {
    if (got == values.value) return {};
    return fail(ErrorCode::internal, "A value is not there, or another one.");
}

Task<void> get(store::redis::Client& client, const Values& values, std::uint64_t turn) {
    auto command = store::redis::Command("GET").key(values.key(turn)).repeatable();
    SLIPWAY_CO_TRY(const auto reply, co_await client.run(std::move(command)));
    co_return expect(values, reply.text);
}

Task<void> set(store::redis::Client& client, const Values& values, std::uint64_t turn) {
    auto command = store::redis::Command("SET").key(values.key(turn)).add(values.value).repeatable();
    SLIPWAY_CO_CHECK(co_await client.run(std::move(command)));
    co_return Result<void>();
}

Task<void> get_cached(store::Cache& cache, const Values& values, std::uint64_t turn) {
    const store::CacheKey key{.group = "bench", .name = values.key(turn)};
    SLIPWAY_CO_TRY(const auto got, co_await cache.get(WorkspaceId{"one"}, key));
    co_return expect(values, got.value_or(""));
}

Task<void> set_cached(store::Cache& cache, const Values& values, std::uint64_t turn) {
    const store::CacheKey key{.group = "bench", .name = values.key(turn)};
    return cache.set(WorkspaceId{"one"}, key, values.value, kLife);
}

}  // namespace

Result<json::object> bench_redis(const json::object& settings) {
    SLIPWAY_TRY(const auto load, load_of(settings));
    const auto url = text_or(settings, "url");
    const Values values{static_cast<std::uint64_t>(integer_or(settings, "keys", kKeys)),
                        std::string(static_cast<std::size_t>(integer_or(settings, "bytes", kBytes)), 'v')};
    const bool reads = text_or(settings, "operation") == "get";
    if (text_or(settings, "store") == "cache") {
        SLIPWAY_TRY(const auto cache, store::open_redis_cache(url));
        asio::io_context loop(1);
        return run_load(loop, load, [&](std::uint64_t turn) {
            return reads ? get_cached(*cache, values, turn) : set_cached(*cache, values, turn);
        });
    }
    SLIPWAY_TRY(auto options, store::redis::parse_url(url));
    SLIPWAY_TRY(const auto client, store::redis::open(std::move(options)));
    asio::io_context loop(1);
    return run_load(loop, load, [&](std::uint64_t turn) {
        return reads ? get(*client, values, turn) : set(*client, values, turn);
    });
}

}  // namespace slipway::bench
