#include "knowledge/question.h"

#include <gtest/gtest.h>

namespace slipway::knowledge {
namespace {

using Texts = std::vector<std::string>;

TEST(Question, OneThatStandsForItselfIsLeftAsItIs) {
    const Texts earlier{"How do I plant an apple tree?"};
    for (const auto* question :
         {"How do I repair a bicycle tyre?", "Which paint is best for a wooden fence?",
          "My neighbour says that his new roof leaks in heavy rain, which sealant should he buy?"})
        EXPECT_EQ(complete_question(question, earlier), question);
}

TEST(Question, OneThatGoesOnFromTheLastIsCompleted) {
    const Texts earlier{"How do I plant an apple tree?"};
    for (const auto* question :
         {"And for pears?", "how long should I do that?", "why?", "What if the ground is frozen?",
          "When do they need water?", "tell me more", "How often?", "what about the roots"})
        EXPECT_EQ(complete_question(question, earlier), "How do I plant an apple tree? " + std::string(question));
}

TEST(Question, NothingEarlierLeavesItAsItIs) {
    EXPECT_EQ(complete_question("  and for pears? ", {}), "and for pears?");
    EXPECT_EQ(complete_question("why?", {"", "  "}), "why?");
    EXPECT_EQ(complete_question("why?", {"why?"}), "why?");
}

TEST(Question, AChainReachesBackToTheQuestionThatStandsForItself) {
    const Texts earlier{"How do I bake bread?", "How do I plant an apple tree?", "and a pear?"};
    EXPECT_EQ(complete_question("and when?", earlier), "How do I plant an apple tree? and a pear? and when?");
    EXPECT_EQ(context_of("and when?", earlier), "How do I plant an apple tree? and a pear?");
}

TEST(Question, AChainOfLeaningQuestionsIsNotFollowedForever) {
    Texts earlier{"How do I plant an apple tree?"};
    for (int i = 0; i < 20; ++i) earlier.push_back("and number " + std::to_string(i) + "?");
    const auto context = context_of("why?", earlier);
    EXPECT_EQ(context, "and number 17? and number 18? and number 19?");
}

TEST(Question, LongEarlierTextIsCutBetweenCharacters) {
    std::string story;
    for (int i = 0; i < 1000; ++i) story += "ä apple tree ";
    const auto context = context_of("why?", {story});
    EXPECT_LE(context.size(), QuestionLimits::earlier_bytes);
    EXPECT_GE(context.size(), QuestionLimits::earlier_bytes - 2);
}

TEST(Question, GermanLeansByItsOwnWords) {
    const Texts earlier{"Wie pflanze ich einen Apfelbaum?"};
    EXPECT_EQ(complete_question("Und für Birnen?", earlier, "german"),
              "Wie pflanze ich einen Apfelbaum? Und für Birnen?");
    EXPECT_EQ(complete_question("Welche Farbe hält auf Holzzäunen lange?", earlier, "german"),
              "Welche Farbe hält auf Holzzäunen lange?");
}

TEST(Question, OtherLanguagesLeanWhenTheySayHardlyAnything) {
    EXPECT_TRUE(leans_on_context("¿por qué?", "spanish"));
    EXPECT_FALSE(leans_on_context("¿cómo planto un manzano en otoño?", "spanish"));
}

}  // namespace
}  // namespace slipway::knowledge
