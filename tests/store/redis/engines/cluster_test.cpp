// A cluster of three nodes, made by the test: redirects, moved and moving slots, a node that dies.
#include <gtest/gtest.h>

#include "engines/redis_cluster.h"
#include "engines/redis_server.h"
#include "must.h"
#include "store/check.h"
#include "store/redis/client.h"

namespace slipway::test {
namespace {

using store::redis::Client;
using store::redis::Command;

std::unique_ptr<Client> client_of(const RedisServer& server) {
    return must(open(must(store::redis::parse_url(server.url()))));
}

std::string name_of(const RedisServer& node) {
    return must(run_to_end(client_of(node)->run(Command("CLUSTER").add("MYID")))).text;
}

Task<void> write_many(Client& client, std::string value) {
    for (int i = 0; i < 60; ++i) {
        auto command = Command("SET").key(fmt::format("key:{}", i)).add(value);
        SLIPWAY_CO_CHECK(co_await client.run(std::move(command)));
    }
    co_return Result<void>();
}

Task<void> read_many(Client& client, std::string value) {
    for (int i = 0; i < 60; ++i) {
        const auto name = fmt::format("key:{}", i);
        SLIPWAY_CO_TRY(const auto reply, co_await client.run(Command("GET").key(name).repeatable()));
        SLIPWAY_CO_CHECK(expect(reply.text == value, name + " has the value that was written"));
    }
    co_return Result<void>();
}

void move_slot(RedisClusterServers& cluster, std::uint16_t slot, std::size_t from, std::size_t to, bool finish) {
    const auto source = name_of(*cluster.nodes[from]), destination = name_of(*cluster.nodes[to]);
    const auto set = [&](std::size_t node, std::string_view state, std::string_view name) {
        auto command = Command("CLUSTER").add("SETSLOT").add(slot).add(state).add(name);
        must(run_to_end(client_of(*cluster.nodes[node])->run(std::move(command))));
    };
    if (!finish) {
        set(to, "IMPORTING", source);
        set(from, "MIGRATING", destination);
        return;
    }
    set(to, "NODE", destination);
    set(from, "NODE", destination);
}

struct RedisCluster : testing::TestWithParam<std::string> {};

TEST_P(RedisCluster, FollowsItsSlots) {
    RedisClusterServers cluster(GetParam());
    const auto client = client_of(*cluster.nodes[1]);
    must(run_to_end(write_many(*client, "first")));
    must(run_to_end(read_many(*client, "first")));

    std::vector<Command> commands;
    for (int i = 0; i < 20; ++i) commands.push_back(Command("GET").key(fmt::format("key:{}", i)).repeatable());
    for (const auto& reply : must(run_to_end(client->run_all(std::move(commands))))) EXPECT_EQ(reply.text, "first");
    const store::redis::Script script("return redis.call('GET', KEYS[1])");
    for (const auto* const key : {"key:1", "key:2", "key:3"})
        EXPECT_EQ(must(run_to_end(client->evaluate(script, {key}, {}))).text, "first");

    // A key of a slot that is moving and that is not there any more: ASK, then MOVED.
    const auto slot = store::redis::slot_of("key:7");
    const std::size_t from = slot <= 5460 ? 0 : slot <= 10922 ? 1 : 2, to = (from + 1) % 3;
    must(run_to_end(client->run(Command("DEL").key("key:7"))));
    move_slot(cluster, slot, from, to, false);
    must(run_to_end(client->run(Command("SET").key("key:7").add("moved"))));
    EXPECT_EQ(must(run_to_end(client->run(Command("GET").key("key:7")))).text, "moved");
    move_slot(cluster, slot, from, to, true);
    EXPECT_EQ(must(run_to_end(client->run(Command("GET").key("key:7")))).text, "moved");

    // The other nodes go on without the one that dies, and its keys fail with an error in time.
    cluster.nodes[2]->process().stop(9);
    int answered = 0, failed = 0;
    for (int i = 0; i < 60; ++i) {
        const auto reply = run_to_end(client->run(Command("GET").key(fmt::format("key:{}", i)).repeatable()));
        if (reply) ++answered;
        if (!reply) {
            ++failed;
            EXPECT_EQ(reply.error().code, ErrorCode::unavailable) << reply.error().message;
        }
    }
    EXPECT_GT(answered, 20);
    EXPECT_GT(failed, 5);
}

INSTANTIATE_TEST_SUITE_P(Engines, RedisCluster, testing::ValuesIn(redis_engines()),
                         [](const auto& info) { return info.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RedisCluster);

}  // namespace
}  // namespace slipway::test
