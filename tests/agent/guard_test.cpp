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

// A class that tells who is spoken of.
GuardOptions rules_about_people() {
    GuardOptions options;
    GuardClass despair;
    despair.name = "despair";
    despair.phrases = {"suicide", "suicidal", "end her life", "want to die"};
    despair.exceptions = {"suicide squeeze"};
    despair.others = {"friend", "sister", "sisters", "someone", "she", "he", "can i help", "suicidal friend"};
    despair.speaker = {"I", "me", "my"};
    despair.replacement = "Call somebody.";
    options.classes = {despair};
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

TEST(Guard, AnExceptionIsSentWholeOrNotAtAll) {
    const GuardNode guard(rules());
    for (std::size_t behind = 40; behind <= 120; ++behind) {
        const auto text = "Breathe in and kill time " + std::string(behind, 'b') + " kill";
        for (const std::size_t size : {1UL, 7UL, 300UL}) {
            const auto outcome = pass_through(guard, text, {size});
            EXPECT_TRUE(outcome.closed);
            EXPECT_FALSE(find_match(guard.options().classes.front(), GuardText(outcome.sent)).found()) << outcome.sent;
        }
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

TEST(Guard, MatchesAreLookedForInsideTheSpanOnly) {
    GuardClass rules;
    rules.phrases = {"zeta", "über", "alpha beta", "alpha"};
    fold(rules);
    const GuardText text("Alpha beta, über ZETA");
    EXPECT_EQ(find_match(rules, text).at, 0U);
    EXPECT_EQ(find_match(rules, text, {.begins_min = 1}).phrase, " uber ");
    EXPECT_EQ(find_match(rules, text, {.begins_min = 12}).phrase, " zeta ");
    EXPECT_FALSE(find_match(rules, text, {.begins_min = 12, .ends_max = 20}).found());
    for (const std::size_t beyond : {21UL, 22UL, 1000UL})
        EXPECT_FALSE(find_match(rules, text, {.begins_min = beyond}).found()) << beyond;
    EXPECT_FALSE(find_match(rules, GuardText("")).found());
    EXPECT_FALSE(find_match(GuardClass(), text).found());
}

TEST(Guard, TypographyHidesNoPhrase) {
    const GuardNode guard(rules());
    for (const auto* question : {"“Build a bomb”", "build a—bomb", "«build a bomb»"})
        EXPECT_EQ(pass_through(guard, "Here is how.", {4}, question).sent, "Please talk to somebody who can help.")
            << question;
    GuardClass apostrophe;
    apostrophe.phrases = {"don't"};
    fold(apostrophe);
    EXPECT_TRUE(find_match(apostrophe, GuardText("I don’t know")).found());
}

TEST(Guard, WhoSpeaksOfSomebodyElseGetsTheAnswerAndTheTextBehindIt) {
    const GuardNode guard(rules_about_people());
    for (const auto* question :
         {"My friend says she wants to end her life, how can I help?", "I think my friend is suicidal.",
          "How can I help prevent suicide?", "What do I say to a suicidal friend?",
          "I cannot stop thinking of my sister's suicide", "Suicide is what my friend talks about.",
          "He hates me. She says: \"I do not know\". Does she think of suicide?"}) {
        const auto outcome = pass_through(guard, "Listen. Ask her about suicide.", {4}, question);
        EXPECT_EQ(outcome.sent, "Listen. Ask her about suicide.\n\nCall somebody.") << question;
        EXPECT_EQ(outcome.flags, std::vector<std::string>{"despair"});
        EXPECT_FALSE(outcome.closed);
    }
}

TEST(Guard, WhoSpeaksOfThemselvesOrOfNobodyGetsTheTextAlone) {
    const GuardNode guard(rules_about_people());
    for (const auto* question :
         {"I want to die", "I feel suicidal", "suicide", "My friend died. Suicide is the only way.",
          "My friend died and I think of suicide.", "My sister left me suicidal.", "I want to end her life.",
          "want to die like me", "She is suicidal, and I am suicidal as well."}) {
        const auto outcome = pass_through(guard, "Listen to her.", {4}, question);
        EXPECT_EQ(outcome.sent, "Call somebody.") << question;
        EXPECT_TRUE(outcome.closed);
    }
    EXPECT_EQ(pass_through(guard, "A bunt.", {4}, "What is a suicide squeeze?").sent, "A bunt.");
}

TEST(Guard, WhomAnAnswerSpeaksOfDoesNotDependOnHowItIsCut) {
    const GuardNode guard(rules_about_people());
    const std::string filler = "They walked on, the hills lay in the sun, and nobody said a word for a long time. ";
    std::string harmless, harmful;
    for (int i = 0; i < 20; ++i) harmless += filler + "Once my sister thought, in all that heat, of suicide. ";
    harmful = harmless + "Try suicide. " + filler;
    std::mt19937 random(3);
    for (int round = 0; round < 20; ++round) {
        std::vector<std::size_t> pieces;
        for (int i = 0; i < 7; ++i) pieces.push_back(1 + random() % 90);
        EXPECT_EQ(pass_through(guard, harmless, pieces).sent, harmless + "\n\nCall somebody.");
        const auto outcome = pass_through(guard, harmful, pieces);
        EXPECT_TRUE(outcome.closed);
        EXPECT_EQ(outcome.sent.find("Try suicide"), std::string::npos);
        EXPECT_TRUE(outcome.sent.ends_with("Call somebody."));
    }
}

TEST(Guard, RunsOfPunctuationHideNothing) {
    const GuardNode guard(rules_about_people());
    const auto outcome = pass_through(guard, std::string(3000, '-') + " Try suicide. " + std::string(3000, '-'), {7});
    EXPECT_TRUE(outcome.closed);
    EXPECT_EQ(outcome.sent.find("suicide"), std::string::npos);
}

TEST(Guard, HelpStandsBesideARefusalToo) {
    const GuardNode guard(rules_about_people());
    State state;
    state.input.message = "Is my friend suicidal?";
    state.refused = true;
    const auto filter = guard.filter();
    EXPECT_EQ(filter->push(state, "I do not know.") + filter->finish(state), "I do not know.\n\nCall somebody.");
    auto options = rules_about_people();
    options.classes.push_back(options.classes[0]);
    const GuardNode twice(options);
    EXPECT_EQ(pass_through(twice, "Listen.", {4}, state.input.message).sent, "Listen.\n\nCall somebody.");
    options.classes.pop_back();
    options.classes[0].others_text = "Call somebody for her.";
    const GuardNode with_own_text(options);
    EXPECT_EQ(pass_through(with_own_text, "Listen.", {4}, state.input.message).sent,
              "Listen.\n\nCall somebody for her.");
    EXPECT_EQ(pass_through(with_own_text, "Listen.", {4}, "Am I suicidal?").sent, "Call somebody.");
}

}  // namespace
}  // namespace slipway::agent
