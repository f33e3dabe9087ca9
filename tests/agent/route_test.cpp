// Routing by words, without a model.
#include "agent/route.h"

#include <gtest/gtest.h>

namespace slipway::agent {
namespace {

RouteNode router() {
    RouteOptions options;
    options.topics = {{"money", "", {"money", "debt", "pay off", "save"}},
                      {"food", "", {"eat", "breakfast", "rice"}},
                      {"general", "", {"life", "habit"}}};
    options.small_talk = {"hello", "hi", "thank you", "thanks", "how are you"};
    options.catch_all = "general";
    return RouteNode(std::move(options), nullptr);
}

TEST(Route, KeywordsChooseTheNamespaceAlsoInOtherForms) {
    const auto route = router().by_words("Should I be paying off my debts first?");
    ASSERT_FALSE(route.namespaces.empty());
    EXPECT_EQ(route.namespaces.front(), "money");
    EXPECT_GT(route.confidence, 0.7);
}

TEST(Route, AQuestionWithoutKeywordsIsSearchedEverywhere) {
    const auto route = router().by_words("Why is the sky blue?");
    EXPECT_TRUE(route.namespaces.empty());
    EXPECT_EQ(route.confidence, 0);
}

TEST(Route, TwoTopicsAreBothChosen) {
    const auto route = router().by_words("I want to eat rice and save money");
    EXPECT_EQ(route.namespaces.size(), 2U);
}

TEST(Route, GreetingsAreSmallTalkButNotWhenAQuestionFollows) {
    const auto node = router();
    EXPECT_TRUE(node.is_small_talk("Hello!"));
    EXPECT_TRUE(node.is_small_talk("thank you, Herman"));
    EXPECT_TRUE(node.is_small_talk("Hi, how are you?"));
    EXPECT_FALSE(node.is_small_talk("hello, my knee hurts badly"));
    EXPECT_FALSE(node.is_small_talk("Thanks, and what about rice for breakfast in winter?"));
    EXPECT_FALSE(node.is_small_talk(""));
}

}  // namespace
}  // namespace slipway::agent
