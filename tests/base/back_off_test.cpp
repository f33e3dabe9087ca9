#include "base/back_off.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(BackOff, DoublesUpToTheMost) {
    constexpr Milliseconds kFirst{100}, kMost{1'000};
    const auto is_between = [](Milliseconds value, int least, int most) {
        return value >= Milliseconds(least) && value <= Milliseconds(most);
    };
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(is_between(back_off(0, kFirst, kMost), 50, 100));
        EXPECT_TRUE(is_between(back_off(1, kFirst, kMost), 50, 100));
        EXPECT_TRUE(is_between(back_off(3, kFirst, kMost), 200, 400));
        EXPECT_TRUE(is_between(back_off(5, kFirst, kMost), 500, 1'000));
        EXPECT_TRUE(is_between(back_off(4'000'000'000, kFirst, kMost), 500, 1'000));
    }
}

}  // namespace
}  // namespace slipway
