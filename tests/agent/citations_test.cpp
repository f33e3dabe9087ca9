// Which sources an answer cites.
#include "agent/citations.h"

#include <gtest/gtest.h>

namespace slipway::agent {
namespace {

using Numbers = std::set<int>;

TEST(Citations, AreTheNumbersInBrackets) {
    EXPECT_EQ(cited_in("Breathe [1]. Count [3][2]."), (Numbers{1, 2, 3}));
    EXPECT_EQ(cited_in("Breathe [1, 3]; count [ 5 ;7 ]."), (Numbers{1, 3, 5, 7}));
    EXPECT_EQ(cited_in("Breathe [2-4], count [6–7, 9]."), (Numbers{2, 3, 4, 6, 7, 9}));
    EXPECT_EQ(cited_in("[12]"), Numbers{12});
}

TEST(Citations, AreNothingElse) {
    for (const auto* text : {"", "no brackets 1", "[]", "[ ]", "[one]", "[1", "1]", "[-1]", "[1.5]", "[1 2]", "[1,]",
                             "[2024]", "[^1]", "[4-2]", "[1-]", "[99999999999]"})
        EXPECT_EQ(cited_in(text), Numbers{}) << text;
    EXPECT_EQ(cited_in("[[2]"), Numbers{2});
    EXPECT_EQ(cited_in("[" + std::string(1000, ' ') + "1]"), Numbers{});
}

TEST(Citations, AreMarkedOnTheSourcesWhichKeepTheirOrder) {
    std::vector<knowledge::Source> sources(3);
    for (int i = 0; i < 3; ++i) sources[static_cast<std::size_t>(i)].number = i + 1;
    const auto list = to_json(sources, "Breathe [3], as the first says [1, 9].");
    ASSERT_EQ(list.size(), 3U);
    const std::array<bool, 3> expected{true, false, true};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(list[i].at("number").as_int64(), static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(list[i].at("cited").as_bool(), expected[i]) << i;
    }
    for (const auto& source : to_json(sources, "Nothing is cited.")) EXPECT_FALSE(source.at("cited").as_bool());
}

}  // namespace
}  // namespace slipway::agent
