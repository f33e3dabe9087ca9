#include "base/characters.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(Characters, AreCountedNotTheirBytes) {
    EXPECT_EQ(count_characters(""), 0U);
    EXPECT_EQ(count_characters("abc"), 3U);
    EXPECT_EQ(count_characters("Привет"), 6U);
    EXPECT_EQ(count_characters("你好"), 2U);
}

TEST(Characters, ACutCountsThemToo) {
    EXPECT_EQ(cut_characters("Привет", 6), "Привет");
    EXPECT_EQ(cut_characters("Привет", 3), "При");
    EXPECT_EQ(cut_characters("abc", 0), "");
    EXPECT_EQ(cut_characters("", 5), "");
}

TEST(Characters, ACutLeavesWhatAReaderSeesAsOneWhole) {
    const std::string accented = "ae\u0301b";  // a, é of two code points, b
    EXPECT_EQ(cut_characters(accented, 2), "a");
    EXPECT_EQ(cut_characters(accented, 3), "ae\u0301");
    const std::string family = "x\U0001F468\u200D\U0001F469\u200D\U0001F467y";
    EXPECT_EQ(cut_characters(family, 3), "x");
    EXPECT_EQ(cut_characters(family, 6), "x\U0001F468\u200D\U0001F469\u200D\U0001F467");
}

}  // namespace
}  // namespace slipway
