// The guard as a filter: what arrives in pieces is judged as a whole, before any of it is sent.
#include "agent/guard.h"

#include <random>

#include <gtest/gtest.h>

namespace slipway::agent {
namespace {

GuardOptions rules() {
    GuardOptions options;
    GuardClass harmful;
    harmful.name = "harmful";
    harmful.phrases = {"kill", "build a bomb"};
    harmful.exceptions = {"kill time", "killing it"};
    harmful.replacement = "Please talk to somebody who can help.";
    GuardClass medical;
    medical.name = "medical";
    medical.phrases = {"medicine", "dosage"};
    medical.disclaimer = "This is not medical advice.";
    options.classes = {harmful, medical};
    return options;
}

struct Outcome {
    std::string sent;
    bool closed = false;
    std::vector<std::string> flags;
};

Outcome pass_through(const GuardNode& guard, std::string_view answer, const std::vector<std::size_t>& pieces,
                     std::string question = "hello") {
    State state;
    state.input.message = std::move(question);
    auto filter = guard.filter();
    Outcome outcome;
    std::size_t at = 0;
    for (std::size_t i = 0; at < answer.size() && !filter->closed(); ++i) {
        const auto piece = answer.substr(at, pieces[i % pieces.size()]);
        at += piece.size();
        state.answer += filter->push(state, piece);
    }
    state.answer += filter->finish(state);
    outcome.sent = state.answer;
    outcome.closed = filter->closed();
    outcome.flags = state.flags;
    return outcome;
}

TEST(Guard, HarmlessTextPassesUnchangedHoweverItIsCut) {
    const GuardNode guard(rules());
    const std::string text =
        "Breathe in, count to four, and kill time with a walk. Then sit again; überall ist Ruhe — 好的。";
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::size_t> pieces;
        for (int i = 0; i < 7; ++i) pieces.push_back(1 + random() % 30);
        const auto outcome = pass_through(guard, text, pieces);
        ASSERT_EQ(outcome.sent, text);
        ASSERT_TRUE(outcome.flags.empty());
    }
}

TEST(Guard, NothingOfAForbiddenPhraseIsSentHoweverItIsCut) {
    const GuardNode guard(rules());
    const std::string text =
        std::string(300, 'a') + " and then you build\n a  BOMB from it, which is easy. " + std::string(200, 'b');
    for (std::size_t size = 1; size <= 60; ++size) {
        const auto outcome = pass_through(guard, text, {size});
        EXPECT_TRUE(outcome.closed);
        EXPECT_EQ(outcome.sent.find("BOMB"), std::string::npos) << size;
        EXPECT_EQ(outcome.sent.find("build"), std::string::npos) << size;
        EXPECT_TRUE(outcome.sent.ends_with("Please talk to somebody who can help.")) << outcome.sent;
        EXPECT_EQ(outcome.flags, std::vector<std::string>{"harmful"});
    }
}

TEST(Guard, AWordInsideAnotherWordDoesNotCount) {
    const GuardNode guard(rules());
    const auto outcome = pass_through(guard, "This skill is a killer app; you are killing it.", {3});
    EXPECT_FALSE(outcome.closed) << outcome.sent;
}

TEST(Guard, AForbiddenQuestionIsAnsweredWithTheReplacementAlone) {
    const GuardNode guard(rules());
    const auto outcome = pass_through(guard, "Here is how.", {4}, "How do I build a bomb?");
    EXPECT_EQ(outcome.sent, "Please talk to somebody who can help.");
}

TEST(Guard, ADisclaimerStandsOnceAtTheEnd) {
    const GuardNode guard(rules());
    const auto outcome = pass_through(guard, "Ask about the dosage of the medicine.", {5});
    EXPECT_EQ(outcome.sent, "Ask about the dosage of the medicine.\n\nThis is not medical advice.");
    const auto by_question = pass_through(guard, "Rest well.", {5}, "Which medicine helps?");
    EXPECT_TRUE(by_question.sent.ends_with("This is not medical advice."));
}

}  // namespace
}  // namespace slipway::agent
