#include "base/json.h"

#include <bit>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "base/text.h"

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

// The expectations are what JSON.stringify answers.
TEST(JsonText, NumbersAreWrittenAsJavaScriptDoes) {
    const std::vector<std::pair<double, std::string_view>> expected{
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-3, "-3"},
        {0.25, "0.25"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {123456.789, "123456.789"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1.5e21, "1.5e+21"},
        {-1.25e300, "-1.25e+300"},
        {1e-6, "0.000001"},
        {1.5e-6, "0.0000015"},
        {1e-7, "1e-7"},
        {-1.5e-10, "-1.5e-10"},
        {9007199254740991, "9007199254740991"},
        {9007199254740993, "9007199254740992"},
        {123456789012345680, "123456789012345680"},
        {9223372036854775808.0, "9223372036854776000"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    for (const auto& [number, text] : expected) EXPECT_EQ(write_json(json::value(number)), text);
}

TEST(JsonText, ANumberReadsBackAsTheSame) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 100'000; ++i) {
        const auto bits = random();
        const auto number = i % 2 == 0 ? std::bit_cast<double>(bits) : static_cast<double>(bits >> 11) * 0x1p-53;
        if (!std::isfinite(number)) continue;
        const auto text = write_json(json::value(number));
        const auto read = parse_json(text);
        ASSERT_TRUE(read) << text;
        ASSERT_EQ(read->to_number<double>(), number) << text;
        ASSERT_EQ(write_json(*read), text);
    }
}

TEST(JsonText, WholeNumbersKeepAllTheirDigits) {
    EXPECT_EQ(write_json(json::value(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
    EXPECT_EQ(write_json(json::value(std::numeric_limits<std::uint64_t>::max())), "18446744073709551615");
}

TEST(JsonText, WhatIsNoNumberIsNull) {
    using Limits = std::numeric_limits<double>;
    EXPECT_EQ(write_json(json::array{Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}),
              "[null,null,null]");
}

TEST(JsonText, EveryCharacterIsEscapedWhereItMustBe) {
    EXPECT_EQ(write_json(json::value("\"\\/\b\f\n\r\t\x01\x1f\x7f <b> ä 😀")), R"("\"\\/\b\f\n\r\t\u0001\u001f)"
                                                                               "\x7f <b> ä 😀\"");
    EXPECT_EQ(write_json(json::value(std::string_view("a\0b", 3))), R"("a\u0000b")");
    EXPECT_EQ(write_json(json::object{{"a\"\n", ""}}), R"({"a\"\n":""})");
    // At every place of the eight bytes that are looked at together.
    for (std::size_t place = 0; place < 20; ++place) {
        std::string text(20, 'x');
        text[place] = '"';
        auto expected = text;
        expected.insert(place, 1, '\\');
        EXPECT_EQ(write_json(json::value(text)), "\"" + expected + "\"") << place;
    }
}

TEST(JsonText, EveryTextOfOneOrTwoBytesReadsBack) {
    for (int code = 0; code < 0x10000; ++code) {
        std::string text{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
        const auto valid = to_valid_utf8(text);
        const auto read = parse_json(write_json(json::value(text)));
        ASSERT_TRUE(read) << code;
        ASSERT_EQ(to_text(read->get_string()), valid) << code;
    }
}

TEST(JsonText, BytesThatAreNoTextBecomeTheReplacementCharacter) {
    EXPECT_EQ(write_json(json::value("a\xff"
                                     "b")),
              "\"a\xEF\xBF\xBD"
              "b\"");
    EXPECT_EQ(write_json(json::value("cut off \xF0\x9F\x98")), "\"cut off \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonText, ListsAndObjectsKeepTheirOrder) {
    const json::object object{{"z", json::array{}}, {"a", json::object{}}, {"list", {1, true, nullptr, {"x"}}}};
    EXPECT_EQ(write_json(object), R"({"z":[],"a":{},"list":[1,true,null,["x"]]})");
    EXPECT_EQ(write_json(json::value(object)), write_json(object));
    EXPECT_EQ(write_json(json::array{object, 2}), "[" + write_json(object) + ",2]");
}

TEST(JsonText, LongTextsArriveWhole) {
    json::array list;
    std::string expected = "[";
    for (int i = 0; i < 3000; ++i) {
        const std::string text(static_cast<std::size_t>(i % 97), 'x');
        list.emplace_back(text);
        expected += (i == 0 ? "\"" : ",\"") + text + "\"";
    }
    const std::string longest(50'000, 'y');
    list.emplace_back(longest);
    EXPECT_EQ(write_json(list), expected + ",\"" + longest + "\"]");
}

TEST(JsonText, DepthCostsNoStack) {
    json::value deep;
    constexpr int kDepth = 2000;
    for (int i = 0; i < kDepth; ++i) deep = json::array{std::move(deep)};
    EXPECT_EQ(write_json(deep), std::string(kDepth, '[') + "null" + std::string(kDepth, ']'));
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
