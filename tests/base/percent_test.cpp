#include "base/percent.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(Percent, DecodingRefusesWhatIsNotText) {
    EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
    EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
    EXPECT_EQ(percent_decode("%e4%BD%A0"), "\xE4\xBD\xA0");
    for (const auto* broken : {"%", "%2", "%zz", "%00", "%ff", "%c0%af", "%ed%a0%80"})
        EXPECT_FALSE(percent_decode(broken)) << broken;
}

TEST(Percent, EncodingRoundsTrip) {
    const std::string text = "a b/c?d=\xC3\xA9&~";
    EXPECT_EQ(percent_encode(text), "a%20b%2Fc%3Fd%3D%C3%A9%26~");
    EXPECT_EQ(percent_decode(percent_encode(text)), text);
}

TEST(Percent, EncodingKeepsWhatItIsTold) { EXPECT_EQ(percent_encode("a/b c/d", "/"), "a/b%20c/d"); }

}  // namespace
}  // namespace slipway
