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

}  // namespace
}  // namespace slipway::knowledge
