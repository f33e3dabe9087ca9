#include "knowledge/snippet.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace slipway::knowledge {
namespace {

std::string excerpt(std::string_view passage, std::string_view question, std::size_t characters = kSnippetCharacters) {
    return snippet(passage, query_terms(question, "english"), "english", characters);
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

const std::string kFiller =
    "Nothing of interest stands in this part of the passage, which merely goes on for a while. ";

TEST(Snippet, AShortPassageIsShownWhole) {
    EXPECT_EQ(excerpt("Water is patient.\n\nIt waits.", "water"), "Water is patient. It waits.");
    EXPECT_EQ(excerpt("", "water"), "");
}

TEST(Snippet, ShowsTheSentenceWithTheTermsAlsoInOtherForms) {
    const auto passage = kFiller + kFiller + kFiller + kFiller + "The buckets were carried by three gardeners. " +
                         kFiller + kFiller + kFiller;
    const auto shown = excerpt(passage, "Who carries a bucket in the garden?");
    EXPECT_TRUE(shown.starts_with("The buckets were carried by three gardeners.")) << shown;
    EXPECT_LE(characters(shown), kSnippetCharacters);
}

TEST(Snippet, PrefersDifferentTermsToRepeatedOnes) {
    const auto passage =
        "Rice, rice, rice and more rice. " + kFiller + kFiller + kFiller + "Rice and beans are cheap. " + kFiller;
    EXPECT_TRUE(excerpt(passage, "beans rice cheap", 80).contains("Rice and beans are cheap."));
}

TEST(Snippet, WithoutAHitItIsTheBeginningAndEndsWithASentence) {
    const auto shown = excerpt(kFiller + kFiller + kFiller + kFiller, "zebra");
    EXPECT_TRUE(shown.starts_with("Nothing of interest"));
    EXPECT_TRUE(shown.ends_with("for a while.")) << shown;
}

TEST(Snippet, InsideALongSentenceItCutsAtWordsAndSaysSo) {
    std::string passage = "begin ";
    for (int i = 0; i < 100; ++i) passage += "lorem ipsum ";
    passage += "zebra ";
    for (int i = 0; i < 100; ++i) passage += "dolor amet ";
    const auto shown = excerpt(passage, "zebra");
    EXPECT_TRUE(shown.starts_with("…lorem") || shown.starts_with("…ipsum")) << shown;
    EXPECT_TRUE(shown.ends_with("dolor…") || shown.ends_with("amet…")) << shown;
    EXPECT_TRUE(shown.contains("zebra"));
    EXPECT_LE(characters(shown), kSnippetCharacters);
}

TEST(Snippet, NeverCutsACharacterAndCountsCharacters) {
    std::string passage;
    for (int i = 0; i < 400; ++i) passage += "水";
    const auto shown = excerpt(passage, "火", 50);
    EXPECT_TRUE(is_valid_utf8(shown));
    EXPECT_LE(characters(shown), 50U);
    EXPECT_GE(characters(shown), 48U);
}

TEST(Snippet, EachTermOfTheQuestionCountsOnce) {
    EXPECT_EQ(query_terms("rice and rice and Rice", "english").size(), 1U);
}

TEST(Snippet, AHugePassageWithAHitEverywhereIsCheap) {
    std::string passage;
    for (int i = 0; i < 100'000; ++i) passage += "rice. ";
    EXPECT_LE(characters(excerpt(passage, "rice beans")), kSnippetCharacters);
}

}  // namespace
}  // namespace slipway::knowledge
