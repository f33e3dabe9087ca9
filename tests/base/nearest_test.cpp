#include <array>

#include <gtest/gtest.h>

#include "base/text.h"

namespace slipway {
namespace {

TEST(Nearest, FindsWhatWasMeant) {
    constexpr std::array<std::string_view, 4> kNames{"port", "host", "documents", "a"};
    EXPECT_EQ(nearest("prot", kNames), "port") << "letters that changed places";
    EXPECT_EQ(nearest("hst", kNames), "host");
    EXPECT_EQ(nearest("documnts", kNames), "documents");
    EXPECT_EQ(nearest("dcuomenst", kNames), "documents");
    EXPECT_EQ(nearest("port", kNames), "port");
}

TEST(Nearest, SuggestsNothingFarAway) {
    constexpr std::array<std::string_view, 3> kNames{"port", "documents", "a"};
    EXPECT_EQ(nearest("voice", kNames), "");
    EXPECT_EQ(nearest("x", kNames), "") << "nothing of it would be left";
    EXPECT_EQ(nearest("", kNames), "");
    EXPECT_EQ(nearest("port", {}), "");
}

}  // namespace
}  // namespace slipway
