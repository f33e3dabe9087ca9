// The Redis adapter of the channels port: the conformance suite on both engines and on a cluster, and what happens when
// Redis is lost.
#include <csignal>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "engines/redis_cluster.h"
#include "engines/redis_server.h"
#include "must.h"
#include "store/channels/conformance.h"
#include "store/redis/client.h"

namespace slipway::test {
namespace {

using store::Channels;
using store::Subscription;

const WorkspaceId kHere{"here"};

RedisServer& server(const std::string& engine) {
    static std::map<std::string, std::unique_ptr<RedisServer>> servers;
    auto& one = servers[engine];
    if (!one) one = std::make_unique<RedisServer>(RedisServerOptions{.engine = engine});
    return *one;
}

std::shared_ptr<Channels> channels_at(const std::string& url, store::ChannelsOptions options = {}) {
    return must(store::open_channels(url, std::move(options)));
}

// For what is not about time: a machine may stand still for seconds while others build on it.
std::shared_ptr<Channels> patient_channels_at(const RedisServer& engine) {
    return channels_at(engine.url("?timeout=30s&connect_timeout=30s"), {.confirm_time_max = Milliseconds(30'000)});
}

struct RedisChannelsConformance : testing::TestWithParam<std::tuple<std::string, ChannelsCheck>> {};

TEST_P(RedisChannelsConformance, Holds) {
    const auto& [engine, check] = GetParam();
    const auto failure = failure_of(check, [name = engine]() -> ChannelsPair {
        return {patient_channels_at(server(name)), patient_channels_at(server(name))};
    });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisChannelsConformance,
                         testing::Combine(testing::ValuesIn(redis_engines()), testing::ValuesIn(channels_checks())),
                         [](const auto& info) {
                             return std::get<0>(info.param) + std::string(std::get<1>(info.param).name);
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisChannelsConformance);

TEST(RedisChannelsCluster, PassesTheConformanceSuite) {
    for (const auto& engine : redis_engines()) {
        const RedisClusterServers cluster(engine);
        for (const auto& check : channels_checks()) {
            const auto failure = failure_of(check, [&]() -> ChannelsPair {
                return {patient_channels_at(*cluster.nodes[0]), patient_channels_at(*cluster.nodes[2])};
            });
            EXPECT_FALSE(failure.has_value()) << engine << " " << failure.value_or("");
        }
    }
}

struct RedisChannels : testing::TestWithParam<std::string> {
    RedisServerOptions options() { return {.engine = GetParam()}; }
};

std::string through(const RedisServer& engine, const Proxy& proxy, std::string_view query) {
    auto url = engine.url(query);
    const auto old = fmt::format(":{}/", engine.port());
    return url.replace(url.find(old), old.size(), fmt::format(":{}/", proxy.port()));
}

// Published until somebody hears it, within some seconds, without a restart. What else is heard is passed over.
Task<void> hears_again(Channels& publisher, Subscription& listener) {
    for (int i = 0; i < 1'000; ++i) {
        static_cast<void>(publisher.publish(kHere, "news", "again"));
        SLIPWAY_CO_TRY(const auto heard, co_await listener.next(Milliseconds(10)));
        if (heard && !heard->missed() && *heard->message == "again") co_return Result<void>();
    }
    co_return expect(false, "what is published is heard again");
}

// Whatever was under way when the store was lost may come before.
Task<void> hears_of_a_loss(Subscription& listener) {
    while (true) {
        SLIPWAY_CO_TRY(const auto heard, co_await listener.next(Milliseconds(20'000)));
        SLIPWAY_CO_CHECK(expect(heard.has_value(), "to be told that something was missed"));
        if (heard->missed()) co_return Result<void>();
    }
}

// Who listened is told that something was lost, and then hears; publishing never waits, and says so.
Task<void> lives_without(Channels& publisher, Channels& hearer, std::function<void(bool)> lose) {
    SLIPWAY_CO_TRY(const auto listener, co_await listen(hearer, kHere, "news"));
    SLIPWAY_CO_CHECK(publisher.publish(kHere, "news", "before"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*listener, "news", "before"));
    lose(true);
    bool refused = false;
    for (int i = 0; i < 1'000 && !refused; ++i) {
        refused = !publisher.publish(kHere, "news", "lost").has_value();
        co_await sleep_for(Milliseconds(10));
    }
    SLIPWAY_CO_CHECK(expect(refused, "that Redis is lost is said to who publishes"));
    SLIPWAY_CO_CHECK(expect_error(co_await publisher.status(), ErrorCode::unavailable, "the status"));
    SLIPWAY_CO_TRY(const auto meanwhile, co_await listen(hearer, kHere, "news"));  // does not fail
    lose(false);
    SLIPWAY_CO_CHECK(co_await hears_of_a_loss(*listener));
    SLIPWAY_CO_CHECK(co_await hears_of_a_loss(*meanwhile));
    SLIPWAY_CO_CHECK(co_await hears_again(publisher, *listener));
    SLIPWAY_CO_CHECK(co_await hears_again(publisher, *meanwhile));
    SLIPWAY_CO_TRY(const auto status, co_await publisher.status());
    co_return expect(!status.engine.empty(), "the status is well again");
}

TEST_P(RedisChannels, TellAfterADeadRedis) {
    RedisServer engine(options());
    Proxy proxy(engine.port());
    const auto one = channels_at(through(engine, proxy, "")), other = channels_at(through(engine, proxy, ""));
    std::printf("%s\n", must(run_to_end(one->status())).engine.c_str());
    must(run_to_end(lives_without(*one, *other, [&](bool lost) {
        proxy.refuse(lost);
        if (lost) proxy.cut();
    })));
}

TEST_P(RedisChannels, TellAfterAFrozenRedis) {
    RedisServer engine(options());
    const auto url = engine.url("?timeout=1s&connect_timeout=1s");
    const auto one = channels_at(url), other = channels_at(url);
    // Only who publishes notices within the time of this test; the listeners are told by that one.
    must(
        run_to_end(lives_without(*one, *other, [&](bool lost) { engine.process().signal(lost ? SIGSTOP : SIGCONT); })));
}

TEST_P(RedisChannels, TellAfterAKilledRedis) {
    RedisServer engine(options());
    const auto one = channels_at(engine.url()), other = channels_at(engine.url());
    must(run_to_end(lives_without(*one, *other, [&](bool lost) {
        if (lost) engine.process().stop(SIGKILL);
        if (!lost) must(engine.process().start_again());
    })));
}

// One process alone lost Redis: what it could not publish is told to the listeners of another, which lost nothing.
TEST_P(RedisChannels, WhatOneCouldNotPublishIsToldToTheOthers) {
    RedisServer engine(options());
    Proxy proxy(engine.port());
    const auto cut_off = channels_at(through(engine, proxy, "")), other = channels_at(engine.url());
    auto work = [](Channels& publisher, Channels& hearer, Proxy& harm) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(hearer, kHere, "news"));
        SLIPWAY_CO_CHECK(publisher.publish(kHere, "news", "before"));
        SLIPWAY_CO_CHECK(co_await expect_heard(*listener, "news", "before"));
        harm.refuse(true);
        harm.cut();
        while (publisher.publish(kHere, "news", "lost")) co_await sleep_for(Milliseconds(5));
        SLIPWAY_CO_TRY(const auto second, co_await listen(hearer, kHere, "news"));
        SLIPWAY_CO_CHECK(hearer.publish(kHere, "news", "not lost"));
        SLIPWAY_CO_CHECK(co_await expect_heard(*second, "news", "not lost"));
        harm.refuse(false);
        SLIPWAY_CO_CHECK(co_await hears_of_a_loss(*listener));
        co_return co_await hears_again(publisher, *listener);
    };
    must(run_to_end(work(*cut_off, *other, proxy)));
}

TEST_P(RedisChannels, DownAtTheStartIsALostStoreUntilItIsThere) {
    RedisServer engine(options());
    engine.process().stop(SIGKILL);
    const auto channels = channels_at(engine.url());
    const auto status = run_to_end(channels->status());
    ASSERT_FALSE(status.has_value());
    EXPECT_TRUE(status.error().message.contains(fmt::format("127.0.0.1:{}", engine.port()))) << status.error().message;
    EXPECT_FALSE(status.error().message.contains("nobody"));
    auto work = [](Channels& lost, RedisServer& stopped) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(lost, kHere, "news"));
        SLIPWAY_CO_CHECK(stopped.process().start_again());
        SLIPWAY_CO_CHECK(co_await hears_of_a_loss(*listener));
        co_return co_await hears_again(lost, *listener);
    };
    must(run_to_end(work(*channels, engine)));
}

TEST_P(RedisChannels, ACutAnswerIsNeverHalfAMessage) {
    RedisServer engine(options());
    Proxy proxy(engine.port());
    const auto publisher = channels_at(engine.url()), hearer = channels_at(through(engine, proxy, ""));
    auto work = [](Channels& from, Channels& to, Proxy& cutter) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(to, kHere, "news"));
        const std::string message(50'000, 'x');
        for (const auto place : {1, 10, 25'000, 49'990}) {
            cutter.cut_after(place);
            SLIPWAY_CO_CHECK(from.publish(kHere, "news", message));
            SLIPWAY_CO_CHECK(co_await hears_of_a_loss(*listener));
            SLIPWAY_CO_CHECK(from.publish(kHere, "news", message));
            SLIPWAY_CO_CHECK(co_await expect_heard(*listener, "news", message));
        }
        co_return Result<void>();
    };
    must(run_to_end(work(*publisher, *hearer, proxy)));
}

TEST_P(RedisChannels, OutOfConnectionsIsALostStoreForAWhile) {
    auto given = options();
    given.arguments = {"--maxclients", "1"};
    RedisServer engine(given);
    const auto channels = channels_at(engine.url());
    auto work = [](const std::string& url, RedisServer& full, Channels& other) -> Task<void> {
        SLIPWAY_CO_TRY(auto greedy_options, store::redis::parse_url(url));
        SLIPWAY_CO_TRY(auto greedy, store::redis::open(std::move(greedy_options)));
        SLIPWAY_CO_CHECK(co_await greedy->wait_until_ready(Milliseconds(10'000)));
        SLIPWAY_CO_TRY(const auto listener, co_await listen(other, kHere, "news"));
        SLIPWAY_CO_CHECK(expect_error(co_await other.status(), ErrorCode::unavailable, "maxclients"));
        auto more = store::redis::Command("CONFIG").add("SET").add("maxclients").add("100");
        SLIPWAY_CO_CHECK(co_await greedy->run(std::move(more)));
        static_cast<void>(full);
        SLIPWAY_CO_CHECK(co_await hears_of_a_loss(*listener));
        co_return co_await hears_again(other, *listener);
    };
    must(run_to_end(work(engine.url("?connections=1"), engine, *channels)));
}

// A replica passes on what is published at its primary, and takes what is published at itself.
TEST_P(RedisChannels, AReadOnlyReplicaIsHeard) {
    RedisServer primary(options());
    auto given = options();
    given.arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())};
    RedisServer replica(given);
    const auto publisher = channels_at(primary.url()), reader = channels_at(replica.url());
    auto work = [](Channels& from, Channels& at_replica) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(at_replica, kHere, "news"));
        SLIPWAY_CO_CHECK(co_await hears_again(at_replica, *listener));
        co_return co_await hears_again(from, *listener);
    };
    must(run_to_end(work(*publisher, *reader)));
}

TEST_P(RedisChannels, WrongPasswordIsALostStoreAndTellsWhy) {
    RedisServer engine(options());
    auto url = engine.url();
    url.replace(url.find("a%20word"), 8, "hunter2x");
    const auto channels = channels_at(url);
    auto work = [](Channels& refused) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(refused, kHere, "news"));
        while (refused.publish(kHere, "news", "lost")) co_await sleep_for(Milliseconds(5));
        co_return Result<void>();
    };
    must(run_to_end(work(*channels)));
    const auto status = run_to_end(channels->status());
    ASSERT_FALSE(status.has_value());
    EXPECT_TRUE(status.error().message.contains("refused user or password")) << status.error().message;
    EXPECT_FALSE(status.error().message.contains("hunter2x"));
}

// One set of channels serves all databases of a Redis; names must keep them apart, and applications too.
TEST_P(RedisChannels, DatabasesAndApplicationsAreApart) {
    RedisServer engine(options());
    const auto here = channels_at(engine.url()), other_database = channels_at(engine.url("", 1)),
               other_application = channels_at(engine.url(), {.name = "another"});
    auto work = [](Channels& one, Channels& two, Channels& three) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(one, kHere, "news"));
        SLIPWAY_CO_TRY(const auto second, co_await listen(two, kHere, "news"));
        SLIPWAY_CO_TRY(const auto third, co_await listen(three, kHere, "news"));
        SLIPWAY_CO_CHECK(two.publish(kHere, "news", "2"));
        SLIPWAY_CO_CHECK(three.publish(kHere, "news", "3"));
        SLIPWAY_CO_CHECK(co_await expect_heard(*second, "news", "2"));
        SLIPWAY_CO_CHECK(co_await expect_heard(*third, "news", "3"));
        SLIPWAY_CO_CHECK(one.publish(kHere, "news", "1"));
        co_return co_await expect_heard(*listener, "news", "1");
    };
    must(run_to_end(work(*here, *other_database, *other_application)));
}

// What waits to be published has a bound, also while Redis takes its time.
TEST_P(RedisChannels, WhatWaitsToBePublishedIsBounded) {
    RedisServer engine(options());
    const auto publisher = channels_at(engine.url(), {.unsent_max = 50}), hearer = channels_at(engine.url());
    auto work = [](Channels& from, Channels& to, RedisServer& frozen) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(to, kHere, "news"));
        frozen.process().signal(SIGSTOP);
        bool refused = false;
        for (int i = 0; i < 1'000 && !refused; ++i) refused = !from.publish(kHere, "news", "x").has_value();
        frozen.process().signal(SIGCONT);
        SLIPWAY_CO_CHECK(expect(refused, "no more than so many wait"));
        SLIPWAY_CO_CHECK(co_await hears_of_a_loss(*listener));
        co_return co_await hears_again(from, *listener);
    };
    must(run_to_end(work(*publisher, *hearer, engine)));
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisChannels, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisChannels);

TEST(RedisChannelsTls, AWrongCertificateIsALostStore) {
    if (redis_engines().empty() || redis_engines().front() != "redis") GTEST_SKIP() << "Redis was not fetched";
    RedisServer engine({.tls = true});
    const auto trusted = channels_at(engine.url("?ca=" + engine.authority().string()));
    auto work = [](Channels& channels) -> Task<void> {
        SLIPWAY_CO_TRY(const auto listener, co_await listen(channels, kHere, "news"));
        SLIPWAY_CO_CHECK(channels.publish(kHere, "news", "sealed"));
        co_return co_await expect_heard(*listener, "news", "sealed");
    };
    must(run_to_end(work(*trusted)));
    const auto stranger = channels_at(engine.url());
    EXPECT_FALSE(run_to_end(stranger->status()).has_value());
}

}  // namespace
}  // namespace slipway::test
