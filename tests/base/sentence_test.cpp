#include "base/sentence.h"

#include <string>

#include <gtest/gtest.h>

namespace slipway {
namespace {

using Sentences = std::vector<std::string_view>;

TEST(Sentence, EndsAtStopsAndNotInsideNumbersNamesOrAbbreviations) {
    EXPECT_EQ(split_sentences(
                  "It costs 3.50 at example.org. Dr. Smith, i.e. J. Smith, came at 5 p.m. yesterday! Why? He said so."),
              (Sentences{"It costs 3.50 at example.org.", "Dr. Smith, i.e. J. Smith, came at 5 p.m. yesterday!", "Why?",
                         "He said so."}));
    EXPECT_EQ(
        split_sentences("We left at 5 p.m. She stayed. It was he and I. No. 5 won, see p. 12 etc. All done."),
        (Sentences{"We left at 5 p.m.", "She stayed.", "It was he and I.", "No. 5 won, see p. 12 etc.", "All done."}));
    EXPECT_EQ(split_sentences("Das gilt z.B. am 3. Mai bzw. später. Und dann?"),
              (Sentences{"Das gilt z.B. am 3. Mai bzw. später.", "Und dann?"}));
}

TEST(Sentence, KeepsClosingQuotesAndGoesOnInLowerCase) {
    EXPECT_EQ(split_sentences("“Stop!” he said. (Nobody did.) Well… maybe. Then… Silence."),
              (Sentences{"“Stop!” he said.", "(Nobody did.)", "Well… maybe.", "Then…", "Silence."}));
    EXPECT_EQ(split_sentences("Really?! \"Yes.\" Fine..."), (Sentences{"Really?!", "\"Yes.\"", "Fine..."}));
}

TEST(Sentence, ChineseAndJapaneseStopsNeedNoSpace) {
    EXPECT_EQ(split_sentences("水は静かだ。「本当？」はい！終わり"),
              (Sentences{"水は静かだ。", "「本当？」", "はい！", "終わり"}));
}

TEST(Sentence, LineEndsCountUnlessTheTextIsWrapped) {
    const std::string_view text = "A heading\nA sentence that\ngoes on. Next\n\nlast";
    EXPECT_EQ(split_sentences(text), (Sentences{"A heading", "A sentence that", "goes on.", "Next", "last"}));
    EXPECT_EQ(split_sentences(text, {.line_ends_sentence = false}),
              (Sentences{"A heading\nA sentence that\ngoes on.", "Next", "last"}));
}

TEST(Sentence, NumberedItemsStayWhole) {
    EXPECT_EQ(split_sentences("1. Wash the rice.\n2. Cook it."), (Sentences{"1. Wash the rice.", "2. Cook it."}));
}

TEST(Sentence, NothingOrOnlySpaceGivesNothing) {
    EXPECT_TRUE(split_sentences("").empty());
    EXPECT_TRUE(split_sentences(" \n\t \n").empty());
    EXPECT_EQ(split_sentences("..."), Sentences{"..."});
}

TEST(Sentence, LosesNothingButWhiteSpaceAndIsLinearInHostileText) {
    for (const std::string_view piece : {".", ". ", ".\"", "(", "。", "\n", "a.b ", "… ", "?!", "Dr. ", "\" ", "1. "}) {
        std::string text;
        while (text.size() < 1'000'000) text += piece;
        std::string joined;
        for (const auto sentence : split_sentences(text)) joined += sentence;
        std::erase_if(joined, [](char c) { return c == ' ' || c == '\n'; });
        std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
        EXPECT_EQ(joined.size(), text.size()) << piece;
    }
}

}  // namespace
}  // namespace slipway
