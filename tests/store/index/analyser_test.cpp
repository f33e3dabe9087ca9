#include "store/index/analyser.h"

#include <thread>

#include <gtest/gtest.h>

namespace slipway::store {
namespace {

std::vector<std::string> terms(std::string_view text, std::string_view language = "english") {
    std::vector<std::string> found;
    for (auto& term : analyse(text, language)) found.push_back(std::move(term.text));
    return found;
}

using Words = std::vector<std::string>;

TEST(Analyser, FoldsCaseAndAccents) {
    EXPECT_EQ(fold("Çafé"), "cafe");
    EXPECT_EQ(fold("Straße ÆRØ Łódź ﬁn"), "strasse aero lodz fin");
    EXPECT_EQ(fold("ＡＢＣ１"), "abc1");
    EXPECT_EQ(fold("Ёлка й"), "елка и");
    EXPECT_EQ(fold("हिन्दी"), "हिन्दी") << "vowel signs that carry the word stay";
    EXPECT_EQ(fold("がい"), "がい");
}

TEST(Analyser, AccentsAndCaseMakeNoDifferenceInEnglish) {
    EXPECT_EQ(terms("Résumés CAFÉ"), terms("resumes cafe"));
    EXPECT_EQ(terms("e\u0301clair"), terms("\u00e9clair")) << "composed or not";
}

TEST(Analyser, KeepsAWordWithAnApostropheWhole) {
    EXPECT_EQ(terms("Jane doesn't mind o'clock rock'n'roll", "none"),
              (Words{"jane", "doesnt", "mind", "oclock", "rocknroll"}));
    EXPECT_EQ(terms("the dog’s bone"), (Words{"dog", "bone"}));
    EXPECT_EQ(terms("'quoted' words'"), (Words{"quot", "word"}));
    EXPECT_EQ(terms("don't", "none"), terms("don’t", "none"));
    EXPECT_EQ(terms("don't", "english"), (Words{"dont"})) << "one term, also when only stop words are there";
}

TEST(Analyser, SeparatesAtHyphensAndElisions) {
    EXPECT_EQ(terms("well-being", "none"), (Words{"well", "being"}));
    EXPECT_EQ(terms("well-being").size(), 2U);
    EXPECT_EQ(terms("snake_case a/b", "none"), (Words{"snake", "case", "a", "b"}));
    EXPECT_EQ(terms("l'homme de l’année", "french"), (Words{"homm", "anne"}));
}

TEST(Analyser, KeepsNumbersWhole) {
    EXPECT_EQ(terms("3.14 1,000 v2 12. b12", "none"), (Words{"3.14", "1,000", "v2", "12", "b12"}));
    EXPECT_EQ(terms("00:03:41", "none"), (Words{"00", "03", "41"}));
}

TEST(Analyser, LeavesStopWordsOutUnlessNothingElseIsThere) {
    EXPECT_EQ(terms("what is the meaning of life"), (Words{"mean", "life"}));
    EXPECT_EQ(terms("to be or not to be").size(), 6U);
    EXPECT_EQ(terms("der Hund und die Katze", "german"), (Words{"hund", "katz"}));
    EXPECT_EQ(terms("el té", "spanish"), (Words{"te"})) << "tea is not the pronoun te";
    EXPECT_TRUE(terms("").empty());
    EXPECT_TRUE(terms(" … !?").empty());
}

TEST(Analyser, StemsByLanguage) {
    EXPECT_EQ(terms("relationships relationship"), (Words{"relationship", "relationship"}));
    EXPECT_EQ(terms("running runs"), (Words{"run", "run"}));
    EXPECT_EQ(terms("Häuser Haus", "german"), (Words{"haus", "haus"}));
    EXPECT_EQ(terms("красивая красивый", "russian").at(0), terms("красивый", "russian").at(0));
    EXPECT_EQ(terms("running", "none"), (Words{"running"}));
}

TEST(Analyser, PairsCharactersOfScriptsWithoutSpaces) {
    EXPECT_EQ(terms("東京都"), (Words{"東京", "京都"}));
    EXPECT_EQ(terms("猫"), (Words{"猫"}));
    EXPECT_EQ(terms("すし tea カツ"), (Words{"すし", "tea", "カツ"}));
    EXPECT_EQ(terms("ไทย"), (Words{"ไท", "ทย"}));
    EXPECT_EQ(terms("한국어 공부", "none"), (Words{"한국어", "공부"})) << "Hangul is written with spaces";
}

TEST(Analyser, TellsWhereTheWordsStand) {
    const std::string text = "The Çafé, in Paris";
    const auto found = analyse(text, "english");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(text.substr(found[0].offset, found[0].length), "Çafé");
    EXPECT_EQ(found[0].position, 1U);
    EXPECT_EQ(text.substr(found[1].offset, found[1].length), "Paris");
    EXPECT_EQ(found[1].position, 3U);
}

TEST(Analyser, CutsLongWords) {
    const auto found = analyse(std::string(1000, 'x') + " " + std::string(200, 'y'), "none");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].text, std::string(kWordCharactersMax, 'x'));
    EXPECT_EQ(found[0].length, 1000U);
    std::string umlauts;
    for (int i = 0; i < 100; ++i) umlauts += "ж";
    EXPECT_EQ(terms(umlauts, "none").at(0).size(), 2 * kWordCharactersMax);
}

TEST(Analyser, BoundsTheTermsOfAText) {
    std::string text;
    for (std::size_t i = 0; i < kTermsMax + 10; ++i) text += "a ";
    EXPECT_EQ(analyse(text, "none").size(), kTermsMax);
}

TEST(Analyser, TakesAnyBytes) {
    EXPECT_EQ(terms("ab\xFF\xFE"
                    "cd \xC3",
                    "none"),
              (Words{"ab", "cd"}));
    EXPECT_EQ(fold("a\xFF"), "a\uFFFD");
    std::string marks = "a";
    for (int i = 0; i < 200'000; ++i) marks += i % 2 ? "\u0301" : "\u0323";
    EXPECT_EQ(fold(marks), "a") << "in linear time";
    EXPECT_EQ(terms(marks, "none"), (Words{"a"}));
    std::string bytes;
    for (int i = 0; i < 70'000; ++i) bytes += static_cast<char>(i * 7919 >> 3);
    for (const auto& term : analyse(bytes, "german")) EXPECT_LE(term.offset + term.length, bytes.size());
}

TEST(Analyser, KnowsItsLanguages) {
    EXPECT_TRUE(is_language("none"));
    EXPECT_TRUE(is_language("english"));
    EXPECT_TRUE(is_language("finnish"));
    EXPECT_FALSE(is_language("klingon"));
    EXPECT_EQ(terms("running the dogs", "klingon"), (Words{"running", "the", "dogs"}));
}

TEST(Analyser, WorksInManyThreadsAtOnce) {
    const auto expected = terms("the running dogs were hunting across wonderful meadows");
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 200; ++round)
                if (terms("the running dogs were hunting across wonderful meadows") != expected) ++wrong;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace slipway::store
