#include "store/cache/memory.h"

#include <gtest/gtest.h>

#include "must.h"
#include "store/cache/conformance.h"

namespace slipway::test {
namespace {

constexpr Milliseconds kLong{600'000};

struct MemoryCacheConformance : testing::TestWithParam<CacheCheck> {};

TEST_P(MemoryCacheConformance, Holds) {
    const auto failure = failure_of(GetParam(), [] { return store::make_memory_cache(); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Memory, MemoryCacheConformance, testing::ValuesIn(cache_checks()),
                         [](const auto& info) { return std::string(info.param.name); });

bool has(store::Cache& cache, const std::string& workspace, const std::string& name) {
    return must(run_to_end(cache.get({workspace}, {"", name}))).has_value();
}

void set(store::Cache& cache, const std::string& workspace, const std::string& name, std::size_t bytes) {
    must(run_to_end(cache.set({workspace}, {"", name}, std::string(bytes, 'x'), kLong)));
}

TEST(MemoryCache, ForgetsWhatWasNotUsedForLongest) {
    const auto cache = store::make_memory_cache({.bytes_max = 100'000, .share_divisor = 1});
    for (int i = 0; i < 9; ++i) set(*cache, "a", fmt::format("{}", i), 10'000);
    EXPECT_TRUE(has(*cache, "a", "0"));
    set(*cache, "a", "9", 10'000);
    set(*cache, "a", "10", 10'000);
    EXPECT_TRUE(has(*cache, "a", "0"));
    EXPECT_FALSE(has(*cache, "a", "1"));
    EXPECT_TRUE(has(*cache, "a", "10"));
    EXPECT_LE(must(run_to_end(cache->status())).bytes, 100'000U);
}

TEST(MemoryCache, NoTenantPushesAnotherOut) {
    const auto cache = store::make_memory_cache({.bytes_max = 400'000, .share_divisor = 4});
    for (int i = 0; i < 5; ++i) set(*cache, "small", fmt::format("{}", i), 1'000);
    for (int tenant = 0; tenant < 6; ++tenant)
        for (int i = 0; i < 500; ++i) set(*cache, fmt::format("greedy {}", tenant), fmt::format("{}", i), 1'000);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(has(*cache, "small", fmt::format("{}", i)));
    EXPECT_LE(must(run_to_end(cache->status())).bytes, 400'000U);
}

TEST(MemoryCache, GivesAllBytesBack) {
    const auto cache = store::make_memory_cache();
    for (int i = 0; i < 100; ++i) set(*cache, "a", fmt::format("{}", i), 100);
    must(run_to_end(cache->erase_group({"a"}, "")));
    EXPECT_EQ(must(run_to_end(cache->status())).bytes, 0U);
}

TEST(CacheUrl, NamesTheAdapter) {
    EXPECT_TRUE(store::open_cache("memory:").has_value());
    EXPECT_TRUE(store::open_cache("memory:?bytes=1000000").has_value());
    EXPECT_TRUE(store::open_cache("redis://:p@localhost").has_value());
    for (const auto* const url :
         {"memory", "memory:?bytes=x", "memory:?bytes=0", "memcached://h", "redis:", "rediss://"})
        EXPECT_FALSE(store::open_cache(url).has_value()) << url;
}

}  // namespace
}  // namespace slipway::test
