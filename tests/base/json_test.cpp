#include "base/json.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(Json, RefusesNumbersThatNoDoubleHolds) {
    for (const auto* text : {"1e309", "[1, {\"a\": -1e400}]"}) {
        const auto parsed = parse_json(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    }
    EXPECT_TRUE(parse_json("[1e308, 1e-400, 18446744073709551616]"));
}

TEST(Json, RefusesWhatIsTooDeepOrTooLong) {
    const auto deep = std::string(65, '[') + std::string(65, ']');
    EXPECT_FALSE(parse_json(deep));
    EXPECT_TRUE(parse_json(deep, {.depth_max = 65}));
    EXPECT_FALSE(parse_json("[1,2,3]", {.bytes_max = 6}));
}

TEST(Json, RefusesTextThatIsNotUtf8OrGoesOn) {
    EXPECT_FALSE(parse_json("\"\xff\""));
    EXPECT_FALSE(parse_json("{} {}"));
    EXPECT_FALSE(parse_json(""));
    EXPECT_FALSE(parse_json("{\"a\": "));
}

TEST(Json, MissingNullAndForeignTypesReadAsTheOtherwise) {
    const auto value = parse_json(R"({"text": "a", "null": null, "number": 2.5, "whole": 7, "yes": true})");
    ASSERT_TRUE(value);
    const auto& object = value->get_object();
    EXPECT_EQ(find(object, "null"), nullptr);
    EXPECT_EQ(text_or(object, "whole", "none"), "none");
    EXPECT_EQ(integer_or(object, "number", -1), -1) << "2.5 is no whole number";
    EXPECT_EQ(integer_or(object, "whole", -1), 7);
    EXPECT_EQ(number_or(object, "whole", 0), 7.0);
    EXPECT_FALSE(bool_or(object, "text", false));
    EXPECT_EQ(object_in(object, "text"), nullptr);
}

}  // namespace
}  // namespace slipway
