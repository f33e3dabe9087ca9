#include "knowledge/prepared.h"

#include <gtest/gtest.h>

namespace slipway::knowledge {
namespace {

TEST(Prepared, EveryOptionOfCuttingIsPartOfTheRecipe) {
    std::set<std::string> recipes;
    KnowledgeOptions options;
    recipes.insert(recipe_of(options));
    options.chunk.size_max += 1;
    recipes.insert(recipe_of(options));
    options.chunk.overlap += 1;
    recipes.insert(recipe_of(options));
    options.chunk.size_min += 1;
    recipes.insert(recipe_of(options));
    options.chunk.transcript_seconds += 1;
    recipes.insert(recipe_of(options));
    EXPECT_EQ(recipes.size(), 5U);
}

TEST(Prepared, OriginalsThatComeTogetherShareAFolderAndLaterOnesDoNot) {
    const auto folder = [](std::string_view id) {
        const auto prefix = object_prefix(id);
        EXPECT_TRUE(prefix.ends_with(fmt::format("/{}-", id)));
        return prefix.substr(0, prefix.find('/', prefix.find('/') + 1));
    };
    EXPECT_EQ(folder("0192a1b2-3000-7aaa-8aaa-aaaaaaaaaaaa"), folder("0192a1b2-3fff-7bbb-8bbb-bbbbbbbbbbbb"));
    EXPECT_NE(folder("0192a1b2-3000-7aaa-8aaa-aaaaaaaaaaaa"), folder("0192a1b2-4000-7aaa-8aaa-aaaaaaaaaaaa"));
    EXPECT_NE(folder("0192a1b2-3000-7aaa-8aaa-aaaaaaaaaaaa"), folder("0192a1b3-3000-7aaa-8aaa-aaaaaaaaaaaa"));
    EXPECT_NE(folder("1"), folder("2"));
}

}  // namespace
}  // namespace slipway::knowledge
