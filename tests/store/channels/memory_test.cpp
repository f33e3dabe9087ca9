#include "store/channels/memory.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "must.h"
#include "store/channels/conformance.h"

namespace slipway::test {
namespace {

const WorkspaceId kHere{"here"};

struct MemoryChannelsConformance : testing::TestWithParam<ChannelsCheck> {};

TEST_P(MemoryChannelsConformance, Holds) {
    const auto failure = failure_of(GetParam(), []() -> ChannelsPair {
        const std::shared_ptr<store::Channels> channels = store::make_memory_channels();
        return {channels, channels};
    });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Memory, MemoryChannelsConformance, testing::ValuesIn(channels_checks()),
                         [](const auto& info) { return std::string(info.param.name); });

Task<void> listen_until(store::Channels& channels, int number, std::atomic<int>& ready) {
    for (int round = 0; round < 20; ++round) {
        std::vector<std::string> names{"all", fmt::format("loop/{}", number)};
        SLIPWAY_CO_TRY(const auto subscription, co_await channels.subscribe(kHere, std::move(names)));
        ++ready;
        for (int i = 0; i < 30; ++i) {
            SLIPWAY_CO_TRY(const auto heard, co_await subscription->next(Milliseconds(10'000)));
            SLIPWAY_CO_CHECK(expect(heard.has_value(), "somebody publishes all the time"));
        }
    }
    co_return Result<void>();
}

// Subscriptions come and go on loops of their own, which end, while other threads publish.
TEST(MemoryChannels, AreHeardOnAllLoops) {
    const auto channels = store::make_memory_channels();
    std::atomic<bool> over{false};
    std::atomic<int> ready{0};
    std::vector<std::thread> publishers, listeners;
    for (int i = 0; i < 2; ++i)
        publishers.emplace_back([&] {
            while (!over) {
                must(channels->publish(kHere, "all", "x"));
                must(channels->publish(kHere, "loop/1", "y"));
                std::this_thread::yield();
            }
        });
    for (int i = 0; i < 4; ++i) listeners.emplace_back([&, i] { must(run_to_end(listen_until(*channels, i, ready))); });
    for (auto& thread : listeners) thread.join();
    over = true;
    for (auto& thread : publishers) thread.join();
    EXPECT_EQ(ready, 80);
}

TEST(MemoryChannels, AProcessHasSoManySubscriptions) {
    const auto channels = store::make_memory_channels({.subscribed_max = 3});
    auto work = [](store::Channels& few) -> Task<void> {
        SLIPWAY_CO_TRY(auto first, co_await listen(few, kHere, "a", "b"));
        SLIPWAY_CO_CHECK(expect_error(co_await listen(few, kHere, "a", "b"), ErrorCode::unavailable, "a fourth"));
        SLIPWAY_CO_TRY(const auto third, co_await listen(few, kHere, "a"));
        SLIPWAY_CO_CHECK(expect_error(co_await add_to(*third, "b"), ErrorCode::unavailable, "a fourth"));
        first->remove("b");
        co_return co_await add_to(*third, "b");
    };
    must(run_to_end(work(*channels)));
}

TEST(ChannelsUrl, NamesTheAdapter) {
    EXPECT_TRUE(store::open_channels("memory:").has_value());
    EXPECT_TRUE(store::open_channels("redis://:p@localhost").has_value());
    for (const auto* const url : {"memory", "memory:?bytes=1", "nats://h", "redis:", "rediss://"})
        EXPECT_FALSE(store::open_channels(url).has_value()) << url;
    EXPECT_FALSE(store::open_channels("memory:", {.name = "a:b"}).has_value());
}

}  // namespace
}  // namespace slipway::test
