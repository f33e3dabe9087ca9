// Token buckets, with a clock of the test's own.
#include "base/token_buckets.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace slipway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr TokenBuckets::Clock::time_point kStart{std::chrono::hours(1000)};

TEST(TokenBuckets, GiveABurstAndThenWhatComesBack) {
    TokenBuckets buckets(3, seconds(60));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(buckets.take("ada", kStart)) << i;
    EXPECT_EQ(buckets.take("ada", kStart).wait, seconds(20));
    EXPECT_EQ(buckets.take("ada", kStart + seconds(15)).wait, seconds(5)) << "asking in vain costs nothing";
    EXPECT_TRUE(buckets.take("ada", kStart + seconds(20)));
    EXPECT_FALSE(buckets.take("ada", kStart + seconds(20)));
    EXPECT_TRUE(buckets.take("bob", kStart + seconds(20))) << "each has a bucket of their own";
}

TEST(TokenBuckets, TellWhatIsLeft) {
    TokenBuckets buckets(3, seconds(60));
    const auto first = buckets.take("ada", kStart);
    EXPECT_EQ(first.left, 2U);
    EXPECT_EQ(first.full_after, seconds(20));
    EXPECT_EQ(buckets.take("ada", kStart + seconds(10)).left, 1U) << "half a token is none";
    EXPECT_EQ(buckets.take("ada", kStart + seconds(10)).full_after, seconds(50));
    const auto refused = buckets.take("ada", kStart + seconds(10));
    EXPECT_EQ(refused.wait, seconds(10));
    EXPECT_EQ(refused.left, 0U);
    EXPECT_EQ(refused.full_after, seconds(50));
}

TEST(TokenBuckets, NeverHoldMoreThanTheBurst) {
    TokenBuckets buckets(2, seconds(10));
    EXPECT_TRUE(buckets.take("ada", kStart));
    const auto later = kStart + std::chrono::hours(5);
    EXPECT_TRUE(buckets.take("ada", later));
    EXPECT_TRUE(buckets.take("ada", later));
    EXPECT_FALSE(buckets.take("ada", later));
}

TEST(TokenBuckets, RememberWhoIsEmptyWhenAPeriodEnds) {
    TokenBuckets buckets(1, seconds(10));
    EXPECT_TRUE(buckets.take("first", kStart));
    EXPECT_TRUE(buckets.take("ada", kStart + seconds(9)));
    EXPECT_EQ(buckets.take("ada", kStart + seconds(11)).wait, seconds(8));
    EXPECT_TRUE(buckets.take("ada", kStart + seconds(19)));
}

TEST(TokenBuckets, ForgetWhoStaysAway) {
    TokenBuckets buckets(5, seconds(10));
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(buckets.take(std::to_string(i), kStart));
    EXPECT_EQ(buckets.keys(), 1000U);
    EXPECT_TRUE(buckets.take("ada", kStart + seconds(10)));
    EXPECT_TRUE(buckets.take("ada", kStart + seconds(20)));
    EXPECT_EQ(buckets.keys(), 1U);
}

TEST(TokenBuckets, CannotBeGrownByManyKeys) {
    TokenBuckets buckets(2, seconds(10), 100);
    EXPECT_TRUE(buckets.take("ada", kStart));
    std::size_t let_in = 0;
    for (int i = 0; i < 10'000; ++i) let_in += buckets.take(std::to_string(i), kStart) ? 1 : 0;
    EXPECT_EQ(buckets.keys(), 100U);
    EXPECT_EQ(let_in, 99U + 2U) << "those that find no place share one bucket";
    EXPECT_TRUE(buckets.take("ada", kStart)) << "who is known keeps theirs";
    for (int period = 1; period < 5; ++period)
        for (int i = 0; i < 1000; ++i) buckets.take(std::to_string(i), kStart + period * seconds(10) + milliseconds(i));
    EXPECT_LE(buckets.keys(), 200U);
}

TEST(TokenBuckets, GiveEachTokenOnceToManyThreads) {
    TokenBuckets buckets(1000, std::chrono::hours(24));
    std::atomic<int> taken{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n)
                if (buckets.take("all", kStart)) ++taken;
        });
    threads.clear();
    EXPECT_EQ(taken, 1000);
}

}  // namespace
}  // namespace slipway
