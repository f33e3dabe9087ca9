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

TEST(Route, OneKeywordAloneMakesNobodySure) {
    const auto route = router().by_words("Where does rice come from?");
    EXPECT_EQ(route.namespaces, std::vector<std::string>{"food"});
    EXPECT_LT(route.confidence, RouteOptions().confidence_min);
}

TEST(Route, PhrasesMatchWordByWord) {
    EXPECT_TRUE(router().by_words("I am off on Monday, you pay").namespaces.empty());
    EXPECT_TRUE(router().by_words("Does it pay?").namespaces.empty());
    EXPECT_FALSE(router().by_words("Can I pay off everything?").namespaces.empty());
}

TEST(Route, AQuestionThatLeansOnTheConversationIsRoutedWithIt) {
    class Ignore final : public Output {
        Task<void> text(std::string_view) override { co_return Result<void>(); }
        Task<void> tell(Event::Kind) override { co_return Result<void>(); }
        bool closed() const override { return false; }
    };
    State state;
    state.input.message = state.question = "and for my brother?";
    state.input.history = {{model::Role::user, "Should I save money for breakfast?"}, {model::Role::assistant, "Yes."}};
    Step step;
    Ignore output;
    auto node = router();
    ASSERT_TRUE(run_to_end(node.run(state, step, output)));
    EXPECT_EQ(state.question, "Should I save money for breakfast? and for my brother?");
    EXPECT_TRUE(state.routing_reason.contains("money")) << state.routing_reason;
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
