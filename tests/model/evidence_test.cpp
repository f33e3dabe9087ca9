#include "model/evidence.h"

#include <gtest/gtest.h>

namespace slipway::model {
namespace {

TEST(Evidence, NearerIsLikelierAndAFactTakesMore) {
    EXPECT_LT((Evidence{0.1, 0.2, false}).chance(), 0.05);
    EXPECT_GT((Evidence{0.6, 0.7, false}).chance(), 0.9);
    EXPECT_LT((Evidence{0.3, 0.4, false}).chance(), (Evidence{0.4, 0.4, false}).chance());
    EXPECT_LT((Evidence{0.3, 0.4, false}).chance(), (Evidence{0.3, 0.5, false}).chance());
    EXPECT_LT((Evidence{0.4, 0.4, true}).chance(), (Evidence{0.4, 0.4, false}).chance());
}

TEST(Evidence, SeesQuestionsForOneFact) {
    for (const auto* question :
         {"How many calories are in a cup of rice?", "which belt comes after green", "And which one?",
          "who gets the house when a couple parts?", "when does the first train leave?", "in what year was it?",
          "what's the capital of Mongolia?", "What is the deadline?", "for which of them?", "So how much is it?"})
        EXPECT_TRUE(asks_for_fact(question, "english")) << question;
    for (const auto* question :
         {"When I sit, my legs go numb. What helps?", "how do I begin?", "what should I ask her first?",
          "is it bad to sleep late?", "whoever comes, what do I say?", "what can I eat?", "", "???", "what"})
        EXPECT_FALSE(asks_for_fact(question, "english")) << question;
    EXPECT_FALSE(asks_for_fact("who is who", "german"));
}

}  // namespace
}  // namespace slipway::model
