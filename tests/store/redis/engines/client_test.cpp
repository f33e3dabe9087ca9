// The client against real servers: Redis 7.0 and Valkey.
#include "store/redis/client.h"

#include <thread>

#include <gtest/gtest.h>

#include "engines/redis_server.h"
#include "must.h"
#include "store/check.h"

namespace slipway::test {
namespace {

using store::redis::Client;
using store::redis::Command;
using store::redis::Reply;

std::unique_ptr<Client> client_of(const std::string& url) { return must(open(must(store::redis::parse_url(url)))); }

// One server of each engine for all tests.
RedisServer& server(const std::string& engine) {
    static std::map<std::string, std::unique_ptr<RedisServer>> servers;
    auto& one = servers[engine];
    if (!one) {
        one = std::make_unique<RedisServer>(RedisServerOptions{.engine = engine});
        const auto client = client_of(one->url());
        std::printf("%s\n", must(run_to_end(client->status())).engine.c_str());
    }
    return *one;
}

Task<std::string> text_of(Client& client, Command command) {
    SLIPWAY_CO_TRY(auto reply, co_await client.run(std::move(command)));
    co_return std::move(reply.text);
}

struct RedisClient : testing::TestWithParam<std::string> {
    std::unique_ptr<Client> client(std::string_view query = "", int database = 0) {
        return client_of(server(GetParam()).url(query, database));
    }
};

TEST_P(RedisClient, RunsCommandsWithAnyBytes) {
    const auto redis = client();
    const std::string value("a\0\r\n\xff", 5);
    must(run_to_end(redis->run(Command("SET").key("bytes").add(value))));
    EXPECT_EQ(must(run_to_end(text_of(*redis, Command("GET").key("bytes")))), value);
    EXPECT_TRUE(must(run_to_end(redis->run(Command("GET").key("nothing")))).is_null());
    const std::string large(3 << 20, 'x');
    must(run_to_end(redis->run(Command("SET").key("large").add(large))));
    EXPECT_EQ(must(run_to_end(text_of(*redis, Command("GET").key("large")))), large);
}

TEST_P(RedisClient, SpeaksResp3) {
    const auto redis = client();
    must(run_to_end(redis->run(Command("HSET").key("hash").add("a").add("1"))));
    EXPECT_EQ(must(run_to_end(redis->run(Command("HGETALL").key("hash")))).kind, Reply::Kind::map);
}

TEST_P(RedisClient, ErrorsAreValues) {
    const auto redis = client();
    must(run_to_end(redis->run(Command("SET").key("text").add("a"))));
    const auto wrong = run_to_end(redis->run(Command("LPUSH").key("text").add("b")));
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().code, ErrorCode::internal);
    EXPECT_EQ(run_to_end(text_of(*redis, Command("GET").key("text"))).value_or(""), "a");
}

TEST_P(RedisClient, ManyAskAtOnceOnFewConnections) {
    const auto redis = client("?connections=2");
    auto work = [](Client& one) -> Task<void> {
        auto add = [](Client& to, int number) -> Task<void> {
            const auto name = fmt::format("many:{}", number);
            for (int i = 0; i < 20; ++i) {
                SLIPWAY_CO_CHECK(co_await to.run(Command("INCR").key(name)));
            }
            SLIPWAY_CO_TRY(const auto value, co_await text_of(to, Command("GET").key(name)));
            co_return expect(value == "20", "each coroutine its own answers, not " + value);
        };
        std::vector<Task<void>> tasks;
        for (int i = 0; i < 100; ++i) tasks.push_back(add(one, i));
        co_return first_failure(co_await all_of(std::move(tasks)));
    };
    must(run_to_end(redis->run(Command("FLUSHDB"))));
    must(run_to_end(work(*redis)));
}

TEST_P(RedisClient, LoopsShareTheCap) {
    const auto redis = client("?connections=2");
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int number = 0; number < 5; ++number)
        threads.emplace_back([&] {
            auto work = [](Client& one) -> Task<void> {
                for (int i = 0; i < 50; ++i) {
                    SLIPWAY_CO_CHECK(co_await one.run(Command("INCR").key("cap")));
                    if (i % 10 == 0) co_await sleep_for(Milliseconds(3));
                }
                co_return Result<void>();
            };
            if (!run_to_end(work(*redis))) ++failed;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failed, 0);
}

TEST_P(RedisClient, PipelinesKeepTheOrder) {
    const auto redis = client();
    std::vector<Command> commands;
    commands.push_back(Command("SET").key("pipe").add("1"));
    commands.push_back(Command("LPUSH").key("pipe").add("1"));
    commands.push_back(Command("INCR").key("pipe"));
    const auto replies = must(run_to_end(redis->run_all(std::move(commands))));
    ASSERT_EQ(replies.size(), 3U);
    EXPECT_EQ(replies[0].text, "OK");
    EXPECT_EQ(replies[1].error_name(), "WRONGTYPE");
    EXPECT_EQ(replies[2].integer, 2);
}

TEST_P(RedisClient, ScriptsRunAlsoAfterTheServerForgotThem) {
    const auto redis = client();
    const store::redis::Script script("return {KEYS[1], ARGV[1]}");
    for (int i = 0; i < 2; ++i) {
        const auto reply = must(run_to_end(redis->evaluate(script, {"k"}, {"v"})));
        ASSERT_EQ(reply.items.size(), 2U);
        EXPECT_EQ(reply.items[1].text, "v");
        must(run_to_end(redis->run(Command("SCRIPT").add("FLUSH"))));
    }
}

TEST_P(RedisClient, CancelledCommandsLeaveTheirConnectionInOrder) {
    const auto redis = client("?connections=1");
    auto work = [](Client& one) -> Task<void> {
        auto slow = one.run(Command("DEBUG").add("SLEEP").add("0.05"));
        const auto cut = co_await with_timeout(std::move(slow), Milliseconds(5), "the command");
        SLIPWAY_CO_CHECK(expect_error(cut, ErrorCode::unavailable, "a command that is cancelled"));
        SLIPWAY_CO_TRY(const auto said, co_await text_of(one, Command("ECHO").add("next")));
        co_return expect(said == "next", "the next command gets its own answer");
    };
    must(run_to_end(work(*redis)));
}

TEST_P(RedisClient, DatabasesAreApart) {
    const auto one = client("", 0), two = client("", 2);
    must(run_to_end(one->run(Command("SET").key("apart").add("1"))));
    EXPECT_TRUE(must(run_to_end(two->run(Command("GET").key("apart")))).is_null());
}

TEST_P(RedisClient, SubscribersGetWhatIsPublished) {
    const auto redis = client();
    auto work = [](Client& one) -> Task<void> {
        std::vector<std::string> channels{"news", "more"};
        SLIPWAY_CO_TRY(auto subscription, co_await one.subscribe(std::move(channels)));
        SLIPWAY_CO_CHECK(co_await one.run(Command("PUBLISH").add("more").add("hello")));
        SLIPWAY_CO_CHECK(co_await one.run(Command("PUBLISH").add("other").add("nobody")));
        SLIPWAY_CO_CHECK(co_await one.run(Command("PUBLISH").add("news").add("there")));
        SLIPWAY_CO_TRY(const auto first, co_await subscription->next());
        SLIPWAY_CO_TRY(const auto second, co_await subscription->next());
        SLIPWAY_CO_CHECK(expect(first.channel == "more" && first.payload == "hello", "the first"));
        SLIPWAY_CO_CHECK(expect(second.channel == "news" && second.payload == "there", "the second"));
        SLIPWAY_CO_CHECK(co_await one.run(Command("CLIENT").add("KILL").add("TYPE").add("pubsub")));
        co_return expect_error(co_await subscription->next(), ErrorCode::unavailable, "a cut subscription");
    };
    must(run_to_end(work(*redis)));
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisClient, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisClient);

}  // namespace
}  // namespace slipway::test
