// What goes wrong: each time an error value in time, no word of the password, and recovery without a restart.
#include <csignal>

#include <gtest/gtest.h>

#include "engines/proxy.h"
#include "engines/redis_server.h"
#include "must.h"
#include "store/check.h"
#include "store/redis/client.h"

namespace slipway::test {
namespace {

using store::redis::Client;
using store::redis::Command;
using store::redis::Options;

constexpr std::string_view kPassword = "a word that nobody says";

std::unique_ptr<Client> client_of(Options options) {
    options.back_off_first = Milliseconds(10);
    options.back_off_max = Milliseconds(50);
    return must(open(std::move(options)));
}

Options options_of(const std::string& url) { return must(store::redis::parse_url(url)); }

std::string with_port(const RedisServer& server, std::uint16_t port, std::string_view query = "?timeout=1s") {
    auto url = server.url(query);
    const auto old = ":" + std::to_string(server.port()) + "/";
    return url.replace(url.find(old), old.size(), fmt::format(":{}/", port));
}

// `unavailable` (or what else is said), and nothing of the password.
void expect_told(const Result<void>& result, std::string_view part) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
    EXPECT_EQ(result.error().message.find(kPassword), std::string::npos);
    EXPECT_EQ(result.error().message.find("nobody%20says"), std::string::npos);
}

Task<void> set(Client& client, std::string value) {
    auto command = Command("SET").key("fault").add(value);
    SLIPWAY_CO_CHECK(co_await client.run(std::move(command)));
    co_return Result<void>();
}

Task<void> expect_value(Client& client, std::string value) {
    SLIPWAY_CO_TRY(const auto reply, co_await client.run(Command("GET").key("fault").repeatable()));
    co_return expect(reply.text == value, "the value " + value + ", not " + reply.text);
}

struct RedisFaults : testing::TestWithParam<std::string> {
    RedisServerOptions options() { return {.engine = GetParam()}; }
};

TEST_P(RedisFaults, DownAtTheStart) {
    RedisServer server(options());
    server.process().stop(SIGKILL);
    const auto client = client_of(options_of(server.url()));
    expect_told(run_to_end(client->wait_until_ready(Milliseconds(100))), client->place());
    must(server.process().start_again());
    must(run_to_end(client->wait_until_ready(Milliseconds(10'000))));
}

TEST_P(RedisFaults, KilledInTheMiddleAndBackAgain) {
    auto given = options();
    given.arguments = {"--appendfsync", "always"};
    RedisServer server(given);
    const auto client = client_of(options_of(server.url("?timeout=2s")));
    auto work = [](Client& redis, RedisServer& engine) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await set(redis, "kept"));
        engine.process().stop(SIGKILL);
        SLIPWAY_CO_CHECK(expect_error(co_await set(redis, "lost"), ErrorCode::unavailable, "a server that is dead"));
        SLIPWAY_CO_CHECK(engine.process().start_again());
        SLIPWAY_CO_CHECK(co_await redis.wait_until_ready(Milliseconds(10'000)));
        co_return co_await expect_value(redis, "kept");
    };
    must(run_to_end(work(*client, server)));
}

TEST_P(RedisFaults, FrozenAndThawed) {
    RedisServer server(options());
    const auto client = client_of(options_of(server.url("?timeout=1s&connect_timeout=1s")));
    auto work = [](Client& redis, RedisServer& engine) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await set(redis, "before"));
        engine.process().signal(SIGSTOP);
        std::vector<Task<void>> many;
        for (int i = 0; i < 20; ++i) many.push_back(set(redis, "frozen"));
        for (const auto& result : co_await all_of(std::move(many)))
            SLIPWAY_CO_CHECK(expect_error(result, ErrorCode::unavailable, "a server that is frozen"));
        SLIPWAY_CO_CHECK(expect_error(co_await set(redis, "new connection"), ErrorCode::unavailable, "still frozen"));
        engine.process().signal(SIGCONT);
        SLIPWAY_CO_CHECK(co_await redis.wait_until_ready(Milliseconds(10'000)));
        SLIPWAY_CO_CHECK(co_await set(redis, "after"));
        co_return co_await expect_value(redis, "after");
    };
    must(run_to_end(work(*client, server)));
}

TEST_P(RedisFaults, CutInTheMiddleOfAnAnswer) {
    RedisServer server(options());
    Proxy proxy(server.port());
    const auto client = client_of(options_of(with_port(server, proxy.port(), "?timeout=2s&connections=1")));
    auto work = [](Client& redis, Proxy& cutter) -> Task<void> {
        const std::string value(100'000, 'x');
        SLIPWAY_CO_CHECK(co_await set(redis, value));
        cutter.cut_after(50'000);
        const auto once = co_await redis.run(Command("GET").key("fault"));
        SLIPWAY_CO_CHECK(expect_error(once, ErrorCode::unavailable, "half an answer"));
        cutter.cut_after(50'000);
        SLIPWAY_CO_CHECK(co_await expect_value(redis, value));  // repeatable: asked again
        cutter.cut();
        co_await sleep_for(Milliseconds(30));
        co_return co_await set(redis, "a connection that ended at rest is replaced unnoticed");
    };
    must(run_to_end(work(*client, proxy)));
}

TEST_P(RedisFaults, SlowAndSwallowed) {
    RedisServer server(options());
    Proxy proxy(server.port());
    const auto client = client_of(options_of(with_port(server, proxy.port(), "?timeout=1s")));
    auto work = [](Client& redis, Proxy& harm) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await set(redis, "quick"));
        harm.delay(Milliseconds(30));
        SLIPWAY_CO_CHECK(co_await set(redis, "slow but in time"));
        harm.delay(Milliseconds(0));
        harm.swallow(true);
        SLIPWAY_CO_CHECK(expect_error(co_await set(redis, "swallowed"), ErrorCode::unavailable, "no answer"));
        harm.swallow(false);
        harm.refuse(true);
        SLIPWAY_CO_CHECK(expect_error(co_await set(redis, "refused"), ErrorCode::unavailable, "no connection"));
        harm.refuse(false);
        SLIPWAY_CO_CHECK(co_await redis.wait_until_ready(Milliseconds(10'000)));
        co_return co_await set(redis, "well again");
    };
    must(run_to_end(work(*client, proxy)));
}

TEST_P(RedisFaults, AnEventLoopEndsWithCommandsUnderWay) {
    RedisServer server(options());
    Proxy proxy(server.port());
    const auto client = client_of(options_of(with_port(server, proxy.port(), "?timeout=10s&connections=3")));
    must(run_to_end(set(*client, "first")));
    proxy.swallow(true);
    for (int i = 0; i < 5; ++i) {  // more than the cap: each loop gives its connections back
        asio::io_context loop(1);
        for (int command = 0; command < 4; ++command)
            asio::co_spawn(loop, set(*client, "never"), [](const std::exception_ptr&, const Result<void>&) {});
        loop.run_for(Milliseconds(20));
    }
    proxy.swallow(false);
    must(run_to_end(set(*client, "well again")));
}

TEST_P(RedisFaults, ASilentServerEndsASubscription) {
    RedisServer server(options());
    Proxy proxy(server.port());
    auto quick = options_of(with_port(server, proxy.port()));
    quick.ping_every = Milliseconds(400);
    const auto client = client_of(quick);
    auto work = [](Client& redis, Proxy& harm) -> Task<void> {
        std::vector<std::string> channels{"news"};
        auto again = channels;
        SLIPWAY_CO_TRY(auto subscription, co_await redis.subscribe(std::move(channels)));
        co_await sleep_for(Milliseconds(1'000));  // longer than a silence that would end it
        SLIPWAY_CO_CHECK(co_await redis.run(Command("PUBLISH").add("news").add("here")));
        SLIPWAY_CO_TRY(const auto published, co_await subscription->next());
        SLIPWAY_CO_CHECK(expect(published.payload == "here", "it lives"));
        harm.swallow(true);
        SLIPWAY_CO_CHECK(expect_error(co_await subscription->next(), ErrorCode::unavailable, "silence"));
        harm.swallow(false);
        SLIPWAY_CO_TRY(subscription, co_await redis.subscribe(std::move(again)));
        co_return Result<void>();
    };
    must(run_to_end(work(*client, proxy)));
}

TEST_P(RedisFaults, WrongPassword) {
    RedisServer server(options());
    auto wrong = options_of(server.url());
    wrong.password = "another word";
    const auto client = client_of(wrong);
    const auto refused = run_to_end(client->wait_until_ready(Milliseconds(0)));
    expect_told(refused, "refused user or password");
    EXPECT_EQ(refused.error().message.find("another word"), std::string::npos);
    wrong.password.clear();
    expect_told(run_to_end(client_of(wrong)->wait_until_ready(Milliseconds(0))), "wants a password");
    wrong.user = "stranger";
    wrong.password = kPassword;
    expect_told(run_to_end(client_of(wrong)->wait_until_ready(Milliseconds(0))), "refused user or password");
}

TEST_P(RedisFaults, OutOfConnections) {
    auto given = options();
    given.arguments = {"--maxclients", "1"};
    RedisServer server(given);
    const auto first = client_of(options_of(server.url("?connections=1"))),
               second = client_of(options_of(server.url()));
    auto work = [](Client& one, Client& other) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await one.wait_until_ready(Milliseconds(10'000)));  // the look whether it is up has left
        co_return expect_error(co_await set(other, "one too many"), ErrorCode::unavailable, "maxclients");
    };
    must(run_to_end(work(*first, *second)));
    must(run_to_end(second->wait_until_ready(Milliseconds(10'000))));
}

TEST_P(RedisFaults, Full) {
    auto given = options();
    given.arguments = {"--maxmemory", "4mb", "--maxmemory-policy", "noeviction"};
    RedisServer server(given);
    const auto client = client_of(options_of(server.url()));
    auto fill = [](Client& redis) -> Task<void> {
        for (int i = 0; i < 100; ++i) {
            auto command = Command("SET").key(fmt::format("fill:{}", i)).add(std::string(100'000, 'x'));
            SLIPWAY_CO_CHECK(co_await redis.run(std::move(command)));
        }
        co_return Result<void>();
    };
    expect_told(run_to_end(fill(*client)), "is full");
    must(run_to_end(client->run(Command("FLUSHALL"))));
    must(run_to_end(set(*client, "room again")));
}

// A disk that cannot be written (its folder is gone): Redis refuses changes once a snapshot has failed.
TEST_P(RedisFaults, DiskThatCannotBeWritten) {
    auto given = options();
    given.arguments = {"--appendonly", "no", "--save", "3600 1"};
    RedisServer server(given);
    const auto client = client_of(options_of(server.url()));
    must(run_to_end(set(*client, "before")));
    std::filesystem::remove_all(server.folder());
    auto fill = [](Client& redis) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await redis.run(Command("BGSAVE")));
        for (int i = 0; i < 1000; ++i) {
            SLIPWAY_CO_CHECK(co_await set(redis, "until it notices"));
            co_await sleep_for(Milliseconds(10));
        }
        co_return Result<void>();
    };
    expect_told(run_to_end(fill(*client)), "cannot write to its disk");
    must(run_to_end(client->run(Command("CONFIG").add("SET").add("stop-writes-on-bgsave-error").add("no"))));
    must(run_to_end(set(*client, "well again")));
}

TEST_P(RedisFaults, ReadOnlyReplicaThatIsPromoted) {
    RedisServer primary(options());
    auto given = options();
    given.arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())};
    RedisServer replica(given);
    const auto client = client_of(options_of(replica.url()));
    expect_told(run_to_end(set(*client, "no")), "is a read-only replica");
    must(run_to_end(client->run(Command("REPLICAOF").add("NO").add("ONE"))));
    must(run_to_end(set(*client, "promoted")));
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisFaults, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisFaults);

TEST(RedisTls, VerifiesCertificateAndHost) {
    if (redis_engines().empty() || redis_engines().front() != "redis") GTEST_SKIP() << "Redis was not fetched";
    RedisServer server({.tls = true});
    const auto trusted = options_of(server.url("?ca=" + server.authority().string()));
    must(run_to_end(set(*client_of(trusted), "secret")));
    must(run_to_end(expect_value(*client_of(trusted), "secret")));
    expect_told(run_to_end(set(*client_of(options_of(server.url())), "x")), "certificate");
    auto other_host = trusted;
    other_host.address.host = "127.0.0.1";
    expect_told(run_to_end(set(*client_of(other_host), "x")), "certificate");
    auto plain = trusted;
    plain.secure = false;
    plain.command_time_max = plain.connect_time_max = Milliseconds(500);
    EXPECT_FALSE(run_to_end(set(*client_of(plain), "x")).has_value());
    EXPECT_FALSE(open(options_of(server.url("?ca=/nowhere.pem"))).has_value());
}

}  // namespace
}  // namespace slipway::test
