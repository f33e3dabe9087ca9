#include "app/manifest/values.h"

#include <gtest/gtest.h>

namespace slipway::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

TEST(ManifestValues, ReadSizes) {
    EXPECT_EQ(parse_bytes("512"), 512U);
    EXPECT_EQ(parse_bytes("64KB"), 64U << 10);
    EXPECT_EQ(parse_bytes(" 20 mb "), 20U << 20);
    EXPECT_EQ(parse_bytes("1.5GiB"), 3U << 29);
    EXPECT_EQ(parse_bytes("2g"), 2ULL << 30);
    for (const auto* bad : {"", "MB", "-1", "1.0001KB", "1TB", "9999999999GB", "1 2", "nan", "0x10"})
        EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(ManifestValues, ReadNumbersAndWords) {
    EXPECT_EQ(parse_integer("10_000"), 10'000);
    EXPECT_EQ(parse_integer("-5"), -5);
    for (const auto* bad : {"", "1.0", "1e3", "99999999999999999999", "12a"}) EXPECT_FALSE(parse_integer(bad)) << bad;
    EXPECT_EQ(parse_number("0.25"), 0.25);
    for (const auto* bad : {"", "inf", "nan", "1,5", "1e999"}) EXPECT_FALSE(parse_number(bad)) << bad;
    for (const auto* yes : {"true", "YES", "On", "1"}) EXPECT_EQ(parse_boolean(yes), true) << yes;
    for (const auto* no : {"false", "No", "off", "0"}) EXPECT_EQ(parse_boolean(no), false) << no;
    EXPECT_FALSE(parse_boolean("maybe"));
}

TEST(ManifestValues, ReadLists) {
    EXPECT_EQ(parse_list("a, b ,,c"), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(parse_list(R"( ["a,b", "c"] )"), (std::vector<std::string>{"a,b", "c"}));
    EXPECT_EQ(parse_list("[]"), std::vector<std::string>{});
    EXPECT_FALSE(parse_list("[\"a\", 1]"));
    EXPECT_FALSE(parse_list("[\"a\""));
}

TEST(ManifestValues, WriteThemAsPeopleDo) {
    EXPECT_EQ(format_bytes(20U << 20), "20MB");
    EXPECT_EQ(format_bytes(1536), "1536");
    EXPECT_EQ(format_bytes(3U << 19), "1536KB");
    EXPECT_EQ(format_bytes(0), "0");
    EXPECT_EQ(format_duration(hours(24)), "24h");
    EXPECT_EQ(format_duration(hours(24 * 30)), "30d");
    EXPECT_EQ(format_duration(minutes(90)), "90m");
    EXPECT_EQ(format_duration(milliseconds(1500)), "1500ms");
    EXPECT_EQ(format_duration(milliseconds(0)), "0s");
}

}  // namespace
}  // namespace slipway::app
