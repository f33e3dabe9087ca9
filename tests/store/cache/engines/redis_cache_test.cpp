// The Redis adapter of the cache port: the conformance suite on both engines, several processes' worth of clients, and
// what happens when Redis is lost.
#include <csignal>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "engines/redis_server.h"
#include "engines/small_disk.h"
#include "must.h"
#include "store/cache/conformance.h"
#include "store/redis/client.h"

namespace slipway::test {
namespace {

using store::Cache;

constexpr Milliseconds kLong{600'000};
const WorkspaceId kHere{"here"};

store::CacheKey at(std::string group, std::string name) { return {std::move(group), std::move(name)}; }

RedisServer& server(const std::string& engine) {
    static std::map<std::string, std::unique_ptr<RedisServer>> servers;
    auto& one = servers[engine];
    if (!one) one = std::make_unique<RedisServer>(RedisServerOptions{.engine = engine});
    return *one;
}

std::unique_ptr<Cache> cache_at(const std::string& url, Milliseconds pause = Milliseconds(30)) {
    store::CacheOptions options;
    options.pause_after_loss = pause;
    return must(store::open_cache(url, options));
}

std::unique_ptr<Cache> empty_cache(const std::string& engine) {
    const auto url = server(engine).url();
    const auto client = must(open(must(store::redis::parse_url(url))));
    must(run_to_end(client->run(store::redis::Command("FLUSHALL"))));
    return cache_at(url);
}

struct RedisCacheConformance : testing::TestWithParam<std::tuple<std::string, CacheCheck>> {};

TEST_P(RedisCacheConformance, Holds) {
    const auto& [engine, check] = GetParam();
    const auto failure = failure_of(check, [&] { return empty_cache(engine); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisCacheConformance,
                         testing::Combine(testing::ValuesIn(redis_engines()), testing::ValuesIn(cache_checks())),
                         [](const auto& info) {
                             return std::get<0>(info.param) + std::string(std::get<1>(info.param).name);
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisCacheConformance);

struct RedisCache : testing::TestWithParam<std::string> {
    RedisServerOptions options() { return {.engine = GetParam()}; }
};

std::string through(const RedisServer& engine, const Proxy& proxy, std::string_view query) {
    auto url = engine.url(query);
    const auto old = fmt::format(":{}/", engine.port());
    return url.replace(url.find(old), old.size(), fmt::format(":{}/", proxy.port()));
}

// Within some seconds, without a restart.
Task<void> is_there(Cache& cache) {
    for (int i = 0; i < 500; ++i) {
        const auto name = fmt::format("{}", i);
        SLIPWAY_CO_CHECK(co_await cache.set(kHere, at("there", name), "1", kLong));
        SLIPWAY_CO_TRY(const auto got, co_await cache.get(kHere, at("there", name)));
        if (got) co_return Result<void>();
        co_await sleep_for(Milliseconds(10));
    }
    co_return expect(false, "the store is there again");
}

TEST_P(RedisCache, ProcessesShareValuesAndLimits) {
    const auto first = empty_cache(GetParam());
    std::printf("%s\n", must(run_to_end(first->status())).engine.c_str());
    const auto second = cache_at(server(GetParam()).url()), third = cache_at(server(GetParam()).url());
    must(run_to_end(first->set(kHere, at("g", "a"), "1", kLong)));
    EXPECT_EQ(must(run_to_end(second->get(kHere, at("g", "a")))), "1");
    must(run_to_end(second->erase_group(kHere, "g")));
    EXPECT_EQ(must(run_to_end(first->get(kHere, at("g", "a")))), std::nullopt);

    static constexpr store::Limit kLimit{.burst = 20, .period = Milliseconds(3'600'000)};
    auto work = [](std::vector<Cache*> caches) -> Task<void> {
        auto ask = [](Cache& cache, int& admitted) -> Task<void> {
            SLIPWAY_CO_TRY(const auto answer, co_await cache.admit(kHere, at("", "limit"), kLimit));
            if (answer.admitted) ++admitted;
            co_return Result<void>();
        };
        int admitted = 0;
        std::vector<Task<void>> tasks;
        for (int i = 0; i < 90; ++i) tasks.push_back(ask(*caches[static_cast<std::size_t>(i) % 3], admitted));
        SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(tasks))));
        co_return expect(admitted == 20, fmt::format("20 over all processes, not {}", admitted));
    };
    must(run_to_end(work({first.get(), second.get(), third.get()})));
}

// Without Redis: misses, dropped values, stricter limits; afterwards all as before, and nothing that was erased.
Task<void> lives_without(Cache& cache, std::function<void(bool)> lose) {
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, at("g", "kept"), "1", kLong));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, at("g", "erased"), "1", kLong));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, at("g", "overwritten"), "old", kLong));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, at("h", "in a group"), "1", kLong));
    lose(true);
    SLIPWAY_CO_TRY(const auto value, co_await cache.get(kHere, at("g", "kept")));
    SLIPWAY_CO_CHECK(expect(!value, "a lost store has nothing"));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, at("g", "overwritten"), "new", kLong));
    SLIPWAY_CO_CHECK(co_await cache.erase(kHere, at("g", "erased")));
    SLIPWAY_CO_CHECK(co_await cache.erase_group(kHere, "h"));
    SLIPWAY_CO_CHECK(
        expect_error(co_await cache.add(kHere, at("g", "new"), "1", kLong), ErrorCode::unavailable, "add"));
    SLIPWAY_CO_CHECK(
        expect_error(co_await cache.count(kHere, at("g", "n"), 1, kLong), ErrorCode::unavailable, "count"));
    static constexpr store::Limit kLimit{.burst = 8, .period = Milliseconds(3'600'000)};
    int admitted = 0;
    for (int i = 0; i < 12; ++i) {
        SLIPWAY_CO_TRY(const auto answer, co_await cache.admit(kHere, at("", "limit"), kLimit));
        if (answer.admitted) ++admitted;
        SLIPWAY_CO_CHECK(expect(answer.degraded, "it says who judged"));
    }
    SLIPWAY_CO_CHECK(expect(admitted == 2, fmt::format("a fourth of the limit, not {}", admitted)));
    lose(false);
    for (int i = 0; i < 500; ++i) {
        SLIPWAY_CO_TRY(const auto again, co_await cache.get(kHere, at("g", "kept")));
        if (again) break;
        co_await sleep_for(Milliseconds(10));
    }
    SLIPWAY_CO_TRY(const auto kept, co_await cache.get(kHere, at("g", "kept")));
    SLIPWAY_CO_TRY(const auto erased, co_await cache.get(kHere, at("g", "erased")));
    SLIPWAY_CO_TRY(const auto overwritten, co_await cache.get(kHere, at("g", "overwritten")));
    SLIPWAY_CO_TRY(const auto in_group, co_await cache.get(kHere, at("h", "in a group")));
    SLIPWAY_CO_CHECK(expect(kept == "1", "it is there again without a restart"));
    SLIPWAY_CO_CHECK(expect(!erased && !in_group, "what was erased meanwhile does not come back"));
    SLIPWAY_CO_CHECK(expect(!overwritten, "a value that was replaced meanwhile does not come back"));
    SLIPWAY_CO_TRY(const auto answer, co_await cache.admit(kHere, at("", "limit"), kLimit));
    co_return expect(answer.admitted && !answer.degraded, "the store judges again");
}

TEST_P(RedisCache, LivesWithoutADeadRedis) {
    RedisServer engine(options());
    Proxy proxy(engine.port());
    const auto cache = cache_at(through(engine, proxy, ""));
    must(run_to_end(lives_without(*cache, [&](bool lost) {
        proxy.refuse(lost);
        if (lost) proxy.cut();
    })));
}

TEST_P(RedisCache, LivesWithoutAFrozenRedis) {
    RedisServer engine(options());
    const auto cache = cache_at(engine.url("?timeout=1s&connect_timeout=1s"), Milliseconds(1'000));
    must(run_to_end(lives_without(*cache, [&](bool lost) { engine.process().signal(lost ? SIGSTOP : SIGCONT); })));
}

TEST_P(RedisCache, LivesWithoutAKilledRedis) {
    auto given = options();
    given.arguments = {"--appendfsync", "always"};
    RedisServer engine(given);
    const auto cache = cache_at(engine.url());
    must(run_to_end(lives_without(*cache, [&](bool lost) {
        if (lost) engine.process().stop(SIGKILL);
        if (!lost) must(engine.process().start_again());
    })));
}

TEST_P(RedisCache, WrongPasswordIsALostStoreAndTellsWhy) {
    RedisServer engine(options());
    auto url = engine.url();
    url.replace(url.find("a%20word"), 8, "hunter2x");
    const auto cache = cache_at(url);
    EXPECT_EQ(must(run_to_end(cache->get(kHere, at("g", "a")))), std::nullopt);
    const auto status = run_to_end(cache->status());
    ASSERT_FALSE(status.has_value());
    EXPECT_TRUE(status.error().message.contains("refused user or password")) << status.error().message;
    EXPECT_FALSE(status.error().message.contains("hunter2x"));
}

TEST_P(RedisCache, AFullRedisDropsValuesAndLimitsHold) {
    auto given = options();
    given.arguments = {"--maxmemory", "4mb", "--maxmemory-policy", "noeviction"};
    RedisServer engine(given);
    const auto cache = cache_at(engine.url());
    auto fill = [](Cache& to) -> Task<void> {
        for (int i = 0; i < 50; ++i) {
            const auto name = fmt::format("{}", i);
            SLIPWAY_CO_CHECK(co_await to.set(kHere, at("g", name), std::string(200'000, 'x'), kLong));
        }
        SLIPWAY_CO_TRY(const auto first, co_await to.get(kHere, at("g", "0")));
        SLIPWAY_CO_CHECK(expect(first.has_value(), "what fits is kept and can be read"));
        int admitted = 0;
        static constexpr store::Limit kLimit{.burst = 8, .period = Milliseconds(3'600'000)};
        for (int i = 0; i < 20; ++i) {
            SLIPWAY_CO_TRY(const auto answer, co_await to.admit(kHere, at("", "limit"), kLimit));
            if (answer.admitted) ++admitted;
        }
        co_return expect(admitted == 2, fmt::format("a fourth of the limit, not {}", admitted));
    };
    must(run_to_end(fill(*cache)));
}

TEST_P(RedisCache, AReadOnlyReplicaIsReadAndLimitsHold) {
    RedisServer primary(options());
    const auto writer = cache_at(primary.url());
    must(run_to_end(writer->set(kHere, at("g", "a"), "1", kLong)));
    auto given = options();
    given.arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())};
    RedisServer replica(given);
    const auto cache = cache_at(replica.url());
    auto work = [](Cache& from) -> Task<void> {
        for (int i = 0; i < 500; ++i) {
            SLIPWAY_CO_TRY(const auto value, co_await from.get(kHere, at("g", "a")));
            if (value) break;
            co_await sleep_for(Milliseconds(10));
        }
        SLIPWAY_CO_TRY(const auto value, co_await from.get(kHere, at("g", "a")));
        SLIPWAY_CO_CHECK(expect(value == "1", "a replica can be read"));
        SLIPWAY_CO_CHECK(co_await from.set(kHere, at("g", "b"), "2", kLong));
        static constexpr store::Limit kLimit{.burst = 4, .period = Milliseconds(3'600'000)};
        SLIPWAY_CO_TRY(const auto one, co_await from.admit(kHere, at("", "limit"), kLimit));
        SLIPWAY_CO_TRY(const auto two, co_await from.admit(kHere, at("", "limit"), kLimit));
        co_return expect(one.admitted && !two.admitted, "a fourth of the limit");
    };
    must(run_to_end(work(*cache)));
}

TEST_P(RedisCache, OneProcessReadsNothingWhileItsErasuresWait) {
    RedisServer engine(options());
    Proxy proxy(engine.port());
    const auto cache = cache_at(through(engine, proxy, "")), other = cache_at(engine.url());
    must(run_to_end(cache->set(kHere, at("g", "a"), "1", kLong)));
    proxy.refuse(true);
    proxy.cut();
    must(run_to_end(cache->erase(kHere, at("g", "a"))));
    proxy.refuse(false);
    run_to_end(sleep_for(Milliseconds(100)));
    EXPECT_EQ(must(run_to_end(cache->get(kHere, at("g", "a")))), std::nullopt);
    EXPECT_EQ(must(run_to_end(other->get(kHere, at("g", "a")))), std::nullopt);
}

TEST_P(RedisCache, DownAtTheStartIsALostStoreUntilItIsThere) {
    RedisServer engine(options());
    engine.process().stop(SIGKILL);
    const auto cache = cache_at(engine.url());
    EXPECT_EQ(must(run_to_end(cache->get(kHere, at("g", "a")))), std::nullopt);
    const auto status = run_to_end(cache->status());
    ASSERT_FALSE(status.has_value());
    EXPECT_TRUE(status.error().message.contains(fmt::format("127.0.0.1:{}", engine.port()))) << status.error().message;
    EXPECT_FALSE(status.error().message.contains("nobody"));
    must(engine.process().start_again());
    must(run_to_end(is_there(*cache)));
}

TEST_P(RedisCache, ACutAnswerIsNeverHalfAValue) {
    RedisServer engine(options());
    Proxy proxy(engine.port());
    const auto cache = cache_at(through(engine, proxy, "?connections=1"));
    auto work = [](Cache& from, Proxy& cutter) -> Task<void> {
        const std::string value(100'000, 'x');
        SLIPWAY_CO_CHECK(co_await from.set(kHere, at("g", "a"), value, kLong));
        for (const auto place : {1, 10, 50'000, 99'990}) {
            cutter.cut_after(place);
            SLIPWAY_CO_TRY(const auto got, co_await from.get(kHere, at("g", "a")));
            SLIPWAY_CO_CHECK(expect(!got || got == value, "a miss, or all of it"));
        }
        cutter.cut_after(-1);
        SLIPWAY_CO_CHECK(co_await is_there(from));
        SLIPWAY_CO_TRY(const auto got, co_await from.get(kHere, at("g", "a")));
        co_return expect(got == value, "nothing is lost");
    };
    must(run_to_end(work(*cache, proxy)));
    EXPECT_GT(proxy.accepted(), 4U);
}

TEST_P(RedisCache, OutOfConnectionsIsALostStoreForAWhile) {
    auto given = options();
    given.arguments = {"--maxclients", "1"};
    RedisServer engine(given);
    const auto cache = cache_at(engine.url());
    auto work = [](const std::string& url, Cache& other) -> Task<void> {
        SLIPWAY_CO_TRY(auto greedy_options, store::redis::parse_url(url));
        SLIPWAY_CO_TRY(const auto greedy, store::redis::open(std::move(greedy_options)));
        SLIPWAY_CO_CHECK(co_await greedy->wait_until_ready(Milliseconds(10'000)));
        SLIPWAY_CO_TRY(const auto value, co_await other.get(kHere, at("g", "a")));
        SLIPWAY_CO_CHECK(expect(!value, "a miss"));
        co_return expect_error(co_await other.status(), ErrorCode::unavailable, "maxclients");
    };
    must(run_to_end(work(engine.url("?connections=1"), *cache)));
    must(run_to_end(is_there(*cache)));
}

TEST_P(RedisCache, AFullDiskDropsValuesAndReadsGoOn) {
    auto given = options();
    given.arguments = {"--appendfsync", "everysec"};
    given.small_disk = "2m";
    RedisServer engine(given);
    const auto cache = cache_at(engine.url());
    must(run_to_end(cache->set(kHere, at("g", "kept"), "1", kLong)));
    const auto ballast = fill_up(engine.disk());
    auto write_until_dropped = [](Cache& to) -> Task<void> {
        for (int i = 0; i < 1000; ++i) {
            const auto name = fmt::format("{}", i);
            SLIPWAY_CO_CHECK(co_await to.set(kHere, at("full", name), std::string(10'000, 'x'), kLong));
            const auto added = co_await to.add(kHere, at("new", name), "1", kLong);
            if (!added) co_return expect_error(added, ErrorCode::unavailable, "a full disk");
            co_await sleep_for(Milliseconds(10));
        }
        co_return expect(false, "the disk is full");
    };
    must(run_to_end(write_until_dropped(*cache)));
    EXPECT_EQ(must(run_to_end(cache->get(kHere, at("g", "kept")))), "1");
    std::filesystem::remove(ballast);
    must(run_to_end(is_there(*cache)));
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisCache, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisCache);

TEST(RedisCacheTls, AWrongCertificateIsALostStore) {
    if (redis_engines().empty() || redis_engines().front() != "redis") GTEST_SKIP() << "Redis was not fetched";
    RedisServer engine({.tls = true});
    const auto trusted = cache_at(engine.url("?ca=" + engine.authority().string()));
    must(run_to_end(trusted->set(kHere, at("g", "a"), "1", kLong)));
    EXPECT_EQ(must(run_to_end(trusted->get(kHere, at("g", "a")))), "1");
    const auto stranger = cache_at(engine.url());
    EXPECT_EQ(must(run_to_end(stranger->get(kHere, at("g", "a")))), std::nullopt);
}

}  // namespace
}  // namespace slipway::test
