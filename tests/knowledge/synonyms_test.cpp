#include "knowledge/synonyms.h"

#include <fstream>

#include <gtest/gtest.h>

#include "knowledge/phrase.h"
#include "store/temporary_folder.h"

namespace slipway::knowledge {
namespace {

std::vector<std::string> texts(const std::vector<Expansion>& expansions) {
    std::vector<std::string> result;
    for (const auto& expansion : expansions) result.push_back(*expansion.text);
    return result;
}

Synonyms parsed(std::string_view text, std::string_view language = "english") {
    auto synonyms = Synonyms::parse(text, language);
    if (!synonyms) throw std::runtime_error(synonyms.error().message);
    return *std::move(synonyms);
}

using Texts = std::vector<std::string>;

TEST(Synonyms, OfAListEachWordFindsTheOthers) {
    const auto synonyms = parsed("boat, ship, vessel\n");
    EXPECT_EQ(texts(synonyms.expand("my ship")), (Texts{"boat", "vessel"}));
    EXPECT_EQ(texts(synonyms.expand("a vessel")), (Texts{"boat", "ship"}));
    EXPECT_TRUE(synonyms.expand("a car").empty());
}

TEST(Synonyms, AnArrowPointsOneWay) {
    const auto synonyms = parsed("skint, penniless => money, no income");
    EXPECT_EQ(texts(synonyms.expand("I am penniless")), (Texts{"money", "no income"}));
    EXPECT_TRUE(synonyms.expand("I have money").empty());
}

TEST(Synonyms, InflectionsAndCaseAreTheSame) {
    const auto synonyms = parsed("Boat, ship");
    EXPECT_EQ(texts(synonyms.expand("SHIPS")), Texts{"Boat"});
    EXPECT_TRUE(synonyms.expand("boats").size() == 1);
    EXPECT_EQ(parsed("boat, boats\n").expand("boat").size(), 0u);  // the same word to the stemmer
}

TEST(Synonyms, PhrasesAreRecognisedWordByWord) {
    const auto synonyms = parsed("out of order, broken\nlook after => care\n");
    EXPECT_EQ(texts(synonyms.expand("the lift is out of order again")), Texts{"broken"});
    EXPECT_TRUE(synonyms.expand("in which order?").empty());
    EXPECT_TRUE(synonyms.expand("I look at the moon").empty());
    const auto care = synonyms.expand("who will look after them");
    ASSERT_EQ(care.size(), 1u);
    EXPECT_EQ(care.front().position, 2u);
    EXPECT_EQ(care.front().words, 2u);
    EXPECT_EQ(*care.front().terms, Texts{"care"});
}

TEST(Synonyms, RulesForTheSameWordAddUpAndAreAppliedOnce) {
    const auto synonyms = parsed("a1, b1\nb1, c1\na1 => d1, b1\n");
    EXPECT_EQ(texts(synonyms.expand("a1")), (Texts{"b1", "d1"}));  // not c1
    EXPECT_EQ(texts(synonyms.expand("b1")), (Texts{"a1", "c1"}));
}

TEST(Synonyms, WeightedTermsNameEachPhraseOnce) {
    const auto synonyms = parsed("boat, vessel\nship, vessel\n");
    const auto terms = Synonyms::weighted(synonyms.expand("boat or ship"), 0.25);
    ASSERT_EQ(terms.size(), 1u);
    EXPECT_EQ(terms.front().text, "vessel");
    EXPECT_EQ(terms.front().weight, 0.25);
}

TEST(Synonyms, CommentsEmptyLinesAndAMarkAtTheFrontAreIgnored) {
    EXPECT_EQ(parsed("\xEF\xBB\xBF# all\n\n   \r\nboat, ship # floats\r\n").size(), 2u);
    EXPECT_EQ(parsed("").size(), 0u);
}

TEST(Synonyms, OtherLanguagesAreStemmedByTheirOwnRules) {
    const auto synonyms = parsed("Häuser, Gebäude", "german");
    EXPECT_EQ(texts(synonyms.expand("das Haus")), Texts{"Gebäude"});
}

TEST(Synonyms, MistakesNameTheLine) {
    for (const std::string_view text :
         {"boat, ship\nalone\n", "boat, ship\na,, b\n", "boat, ship\na =>\n", "boat, ship\n=> b\n",
          "boat, ship\na => b => c\n", "boat, ship\n?!, b\n", "boat, ship\n\xff, b\n"}) {
        const auto synonyms = Synonyms::parse(text, "english");
        ASSERT_FALSE(synonyms) << text;
        EXPECT_EQ(synonyms.error().code, ErrorCode::invalid);
        EXPECT_EQ(synonyms.error().details.at("line").to_number<int>(), 2) << text;
        EXPECT_TRUE(synonyms.error().message.starts_with("Line 2: ")) << synonyms.error().message;
    }
}

TEST(Synonyms, LimitsHold) {
    EXPECT_FALSE(Synonyms::parse("a, " + std::string(SynonymLimits::phrase_bytes + 1, 'x'), "english"));
    EXPECT_FALSE(Synonyms::parse("a, 1 2 3 4 5 6 7 8 9", "english"));
    std::string many = "word";
    for (std::size_t i = 0; i < SynonymLimits::phrases_per_rule; ++i) many += fmt::format(", w{}", i);
    EXPECT_FALSE(Synonyms::parse(many, "english"));
    std::string rules, question;
    for (int i = 0; i < 100; ++i) {
        rules += fmt::format("q{0} => a{0}, b{0}, c{0}\n", i);
        question += fmt::format("q{} ", i);
    }
    EXPECT_EQ(parsed(rules).expand(question).size(), SynonymLimits::expansions);
}

TEST(Synonyms, AFileIsNamedInItsMistakes) {
    const test::TemporaryFolder folder;
    const auto file = folder / "words.txt";
    EXPECT_EQ(load_synonyms(file, "english").error().code, ErrorCode::not_found);
    std::ofstream(file) << "boat, ship\n";
    const auto loaded = load_synonyms(file, "english");
    ASSERT_TRUE(loaded);
    EXPECT_EQ((*loaded)->expand("boat").size(), 1u);
    std::ofstream(file) << "boat\n";
    const auto broken = load_synonyms(file, "english");
    ASSERT_FALSE(broken);
    EXPECT_TRUE(broken.error().message.contains("words.txt: Line 1: ")) << broken.error().message;
}

TEST(PhraseWords, KeepStopWordsInTheirPlaces) {
    EXPECT_EQ(phrase_words("Waking up, and walking", "english"), (Texts{"wake", "up", "and", "walk"}));
    EXPECT_TRUE(phrase_words("?!", "english").empty());
    EXPECT_FALSE(stands_at({}, {"a"}, 0));
    EXPECT_FALSE(stands_at({"a", "b"}, {"a"}, 0));
}

}  // namespace
}  // namespace slipway::knowledge
