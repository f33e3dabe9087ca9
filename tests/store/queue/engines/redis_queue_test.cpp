// The Redis adapter of the queue port: the conformance suite on both engines, and what goes wrong.
#include <csignal>
#include <set>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "engines/redis_server.h"
#include "engines/small_disk.h"
#include "must.h"
#include "store/queue/conformance.h"
#include "store/queue/redis.h"
#include "store/redis/client.h"

namespace slipway::test {
namespace {

using store::Queue;

RedisServer& server(const std::string& engine) {
    static std::map<std::string, std::unique_ptr<RedisServer>> servers;
    auto& one = servers[engine];
    if (!one) one = std::make_unique<RedisServer>(RedisServerOptions{.engine = engine});
    return *one;
}

class RedisQueuePlace : public QueuePlace {
 public:
    explicit RedisQueuePlace(const std::string& engine) : url_(server(engine).url()) {
        const auto client = must(open_client());
        must(run_to_end(client->run(store::redis::Command("FLUSHALL"))));
    }
    Result<std::unique_ptr<Queue>> open() override { return store::open_redis_queue(url_); }

 private:
    Result<std::unique_ptr<store::redis::Client>> open_client() {
        SLIPWAY_TRY(auto options, store::redis::parse_url(url_));
        return store::redis::open(std::move(options));
    }
    std::string url_;
};

std::vector<QueueCheck> every_check() {
    std::vector<QueueCheck> checks(queue_checks().begin(), queue_checks().end());
    checks.insert(checks.end(), queue_order_checks().begin(), queue_order_checks().end());
    checks.insert(checks.end(), queue_worker_checks().begin(), queue_worker_checks().end());
    return checks;
}

struct RedisQueueConformance : testing::TestWithParam<std::tuple<std::string, QueueCheck>> {};

TEST_P(RedisQueueConformance, Holds) {
    const auto& [engine, check] = GetParam();
    const auto failure = failure_of(check, [&] { return std::make_unique<RedisQueuePlace>(engine); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisQueueConformance,
                         testing::Combine(testing::ValuesIn(redis_engines()), testing::ValuesIn(every_check())),
                         [](const auto& info) {
                             return std::get<0>(info.param) + std::string(std::get<1>(info.param).name);
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisQueueConformance);

struct RedisQueue : testing::TestWithParam<std::string> {
    RedisServerOptions options() { return {.engine = GetParam(), .arguments = {"--appendfsync", "always"}}; }
};

std::unique_ptr<Queue> queue_at(const std::string& url) { return must(store::open_redis_queue(url)); }

Task<void> wait_until_it_answers(Queue& queue) {
    for (int i = 0; i < 1000; ++i) {
        if (co_await queue.total_counts("work")) co_return Result<void>();
        co_await sleep_for(Milliseconds(10));
    }
    co_return expect(false, "the queue answers again");
}

// What was acknowledged is there after a crash, and a lease lives on through it.
TEST_P(RedisQueue, LosesNothingWhenRedisIsKilled) {
    RedisServer engine(options());
    const auto queue = queue_at(engine.url("?timeout=2s"));
    std::printf("%s\n", must(run_to_end(queue->status())).engine.c_str());
    auto work = [](Queue& one, RedisServer& redis) -> Task<void> {
        std::set<std::string> acknowledged;
        for (int i = 0; i < 50; ++i) {
            SLIPWAY_CO_TRY(auto id, co_await enqueue(one, kHere, message("a")));
            acknowledged.insert(std::move(id));
        }
        SLIPWAY_CO_TRY(const auto held, co_await lease_one(one));
        redis.process().stop(SIGKILL);
        SLIPWAY_CO_CHECK(
            expect_error(co_await one.enqueue(kHere, "work", message("b")), ErrorCode::unavailable, "dead"));
        SLIPWAY_CO_CHECK(expect_error(co_await lease(one), ErrorCode::unavailable, "dead"));
        SLIPWAY_CO_CHECK(redis.process().start_again());
        SLIPWAY_CO_CHECK(co_await wait_until_it_answers(one));
        SLIPWAY_CO_TRY(const auto messages, co_await lease(one, 100));
        for (const auto& each : messages) acknowledged.erase(each.lease.id);
        SLIPWAY_CO_CHECK(
            expect(acknowledged.size() == 1 && acknowledged.contains(held.lease.id), "all but the leased"));
        co_return co_await one.acknowledge(held.lease);
    };
    must(run_to_end(work(*queue, engine)));
}

TEST_P(RedisQueue, AnswersInTimeWhenRedisIsFrozen) {
    RedisServer engine(options());
    const auto queue = queue_at(engine.url("?timeout=1s&connect_timeout=1s"));
    auto work = [](Queue& one, RedisServer& redis) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await enqueue(one, kHere, message("a")));
        redis.process().signal(SIGSTOP);
        SLIPWAY_CO_CHECK(expect_error(co_await lease(one), ErrorCode::unavailable, "a frozen server"));
        redis.process().signal(SIGCONT);
        SLIPWAY_CO_CHECK(co_await wait_until_it_answers(one));
        co_return Result<void>();
    };
    must(run_to_end(work(*queue, engine)));
}

// An enqueue whose answer was cut may have happened; with a key it can be said again.
TEST_P(RedisQueue, CutAnswersAndKeysMakeOneMessage) {
    RedisServer engine(options());
    Proxy proxy(engine.port());
    auto url = engine.url("?timeout=2s");
    const auto old = fmt::format(":{}/", engine.port());
    url.replace(url.find(old), old.size(), fmt::format(":{}/", proxy.port()));
    const auto queue = queue_at(url);
    auto work = [](Queue& one, Proxy& cutter) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await enqueue(one, kThere, message("first")));
        auto keyed = message("a");
        keyed.deduplication_key = "key";
        cutter.cut_after(3);
        const auto cut = co_await one.enqueue(kHere, "work", keyed);
        SLIPWAY_CO_CHECK(expect_error(cut, ErrorCode::unavailable, "a cut answer"));
        SLIPWAY_CO_CHECK(co_await wait_until_it_answers(one));
        SLIPWAY_CO_CHECK(co_await one.enqueue(kHere, "work", keyed));
        SLIPWAY_CO_TRY(const auto counts, co_await one.counts(kHere, "work"));
        co_return expect(counts.ready == 1, "one message");
    };
    must(run_to_end(work(*queue, proxy)));
}

TEST_P(RedisQueue, AFullRedisRefusesAndLosesNothing) {
    auto given = options();
    given.arguments = {"--maxmemory", "6mb", "--maxmemory-policy", "noeviction"};
    RedisServer engine(given);
    const auto queue = queue_at(engine.url());
    auto work = [](Queue& one) -> Task<void> {
        int enqueued = 0;
        while (enqueued < 200) {
            const auto added = co_await one.enqueue(kHere, "work", message(std::string(100'000, 'x')));
            if (!added) {
                SLIPWAY_CO_CHECK(expect_error(added, ErrorCode::unavailable, "a full server"));
                break;
            }
            ++enqueued;
        }
        SLIPWAY_CO_CHECK(expect(enqueued > 10 && enqueued < 200, "it fills up"));
        int done = 0;  // what is there can be worked off
        while (done < enqueued) {
            SLIPWAY_CO_TRY(const auto messages, co_await lease(one, 10));
            SLIPWAY_CO_CHECK(expect(!messages.empty(), "all that was acknowledged"));
            for (const auto& each : messages) SLIPWAY_CO_CHECK(co_await one.acknowledge(each.lease));
            done += static_cast<int>(messages.size());
        }
        SLIPWAY_CO_CHECK(co_await enqueue(one, kHere, message("room again")));
        co_return Result<void>();
    };
    must(run_to_end(work(*queue)));
}

TEST_P(RedisQueue, AFullDiskRefusesAndLosesNothing) {
    auto given = options();
    given.arguments = {"--appendfsync", "everysec"};
    given.small_disk = "2m";
    RedisServer engine(given);
    const auto queue = queue_at(engine.url());
    must(run_to_end(enqueue(*queue, kThere, message("first"))));
    const auto ballast = fill_up(engine.disk());
    std::set<std::string> acknowledged;
    auto fill = [&]() -> Task<void> {
        for (int i = 0; i < 1000; ++i) {
            const auto added = co_await queue->enqueue(kHere, "work", message(std::string(5'000, 'x')));
            if (!added) co_return expect_error(added, ErrorCode::unavailable, "a full disk");
            acknowledged.insert(added->id);
            co_await sleep_for(Milliseconds(5));
        }
        co_return expect(false, "the disk is full");
    };
    must(run_to_end(fill()));
    auto work = [&]() -> Task<void> {
        SLIPWAY_CO_TRY(const auto counts, co_await queue->counts(kHere, "work"));
        SLIPWAY_CO_CHECK(expect(counts.ready == static_cast<std::int64_t>(acknowledged.size()), "what is there"));
        for (int i = 0; i < 1000; ++i) {
            const auto again = co_await queue->enqueue(kHere, "other", message("room again"));
            if (again) break;
            co_await sleep_for(Milliseconds(10));
        }
        while (!acknowledged.empty()) {
            SLIPWAY_CO_TRY(const auto messages, co_await lease(*queue, 50));
            SLIPWAY_CO_CHECK(expect(!messages.empty(), "all that was acknowledged"));
            for (const auto& each : messages) acknowledged.erase(each.lease.id);
        }
        co_return Result<void>();
    };
    std::filesystem::remove(ballast);
    must(run_to_end(work()));
}

TEST_P(RedisQueue, DownAtTheStartIsToldAndWorksOnceItIsThere) {
    RedisServer engine(options());
    engine.process().stop(SIGKILL);
    const auto queue = queue_at(engine.url());
    const auto refused = run_to_end(queue->enqueue(kHere, "work", message("a")));
    must(expect_error(refused, ErrorCode::unavailable, "a server that is not there"));
    EXPECT_TRUE(refused.error().message.contains(fmt::format("127.0.0.1:{}", engine.port())))
        << refused.error().message;
    EXPECT_FALSE(refused.error().message.contains("nobody"));
    must(engine.process().start_again());
    must(run_to_end(wait_until_it_answers(*queue)));
    must(run_to_end(enqueue(*queue, kHere, message("a"))));
}

TEST_P(RedisQueue, OutOfConnectionsIsToldAndPasses) {
    auto given = options();
    given.arguments.insert(given.arguments.end(), {"--maxclients", "1"});
    RedisServer engine(given);
    const auto queue = queue_at(engine.url());
    auto work = [](const std::string& url, Queue& other) -> Task<void> {
        SLIPWAY_CO_TRY(auto greedy_options, store::redis::parse_url(url));
        SLIPWAY_CO_TRY(const auto greedy, store::redis::open(std::move(greedy_options)));
        SLIPWAY_CO_CHECK(co_await greedy->wait_until_ready(Milliseconds(10'000)));
        const auto refused = co_await other.enqueue(kHere, "work", message("one too many"));
        co_return expect_error(refused, ErrorCode::unavailable, "maxclients");
    };
    must(run_to_end(work(engine.url("?connections=1"), *queue)));
    must(run_to_end(wait_until_it_answers(*queue)));
    must(run_to_end(expect_bodies(*queue, "")));
}

TEST_P(RedisQueue, TellsWhatIsWrong) {
    auto given = options();
    given.arguments = {"--maxmemory-policy", "allkeys-lru", "--appendonly", "no"};
    RedisServer engine(given);
    EXPECT_EQ(must(run_to_end(queue_at(engine.url())->status())).warnings.size(), 2U);
    RedisServer good(options());
    EXPECT_TRUE(must(run_to_end(queue_at(good.url())->status())).warnings.empty());

    auto url = good.url();
    url.replace(url.find("a%20word"), 8, "hunter2x");
    const auto refused = run_to_end(queue_at(url)->enqueue(kHere, "work", message("a")));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(refused.error().message.contains("refused user or password"));
    EXPECT_FALSE(refused.error().message.contains("hunter2x"));

    given = options();
    given.arguments = {"--replicaof", "127.0.0.1", std::to_string(good.port())};
    RedisServer replica(given);
    const auto read_only = run_to_end(queue_at(replica.url())->enqueue(kHere, "work", message("a")));
    EXPECT_TRUE(expect_error(read_only, ErrorCode::unavailable, "a replica").has_value());
}

// Nothing is left behind once all is done: no key but the empty streams and the counts.
TEST_P(RedisQueue, LeavesNothingBehind) {
    RedisServer engine(options());
    const auto queue = queue_at(engine.url());
    auto work = [](Queue& one) -> Task<void> {
        for (int i = 0; i < 40; ++i) {
            auto made = message("a");
            made.group = i % 2 == 0 ? "group" : "";
            made.priority = i % 2;
            SLIPWAY_CO_CHECK(co_await enqueue(one, kHere, std::move(made)));
        }
        for (int done = 0; done < 40;) {
            SLIPWAY_CO_TRY(const auto messages, co_await lease(one, 10));
            for (const auto& each : messages) SLIPWAY_CO_CHECK(co_await one.acknowledge(each.lease));
            done += static_cast<int>(messages.size());
        }
        co_return Result<void>();
    };
    must(run_to_end(work(*queue)));
    const auto client = must(open(must(store::redis::parse_url(engine.url()))));
    const auto keys = must(run_to_end(client->run(store::redis::Command("KEYS").add("*"))));
    std::set<std::string> names;
    for (const auto& key : keys.items) names.insert(key.text.substr(key.text.rfind("}:") + 2));
    EXPECT_EQ(names, (std::set<std::string>{"at", "c", "c:here", "s:0", "s:1"}));
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisQueue, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisQueue);

TEST(RedisQueueTls, AWrongCertificateIsRefused) {
    if (redis_engines().empty() || redis_engines().front() != "redis") GTEST_SKIP() << "Redis was not fetched";
    RedisServer engine({.tls = true});
    const auto ca = "?ca=" + engine.authority().string();
    const auto trusted = queue_at(engine.url(ca));
    must(run_to_end(enqueue(*trusted, kHere, message("a"))));
    must(run_to_end(expect_bodies(*trusted, "a")));
    auto other_name = engine.url(ca);
    other_name.replace(other_name.find("localhost"), 9, "127.0.0.1");
    for (const auto& url : {engine.url(), other_name}) {
        const auto refused = run_to_end(queue_at(url)->enqueue(kHere, "work", message("a")));
        must(expect_error(refused, ErrorCode::unavailable, "a certificate of another"));
        EXPECT_TRUE(refused.error().message.contains("certificate")) << refused.error().message;
    }
}

}  // namespace
}  // namespace slipway::test
