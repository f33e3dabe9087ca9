// What indexing does beforehand and in bulk is what one by one would give.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "store/index/analyser.h"
#include "store/index/embedded_prepare.h"
#include "store/index/posting_batch.h"
#include "store/index/term_numbers.h"

namespace slipway::store {
namespace {

std::string some_text(std::mt19937_64& random) {
    static constexpr std::string_view kWords[] = {"the",   "Running", "runs",   "of",   "café",   "résumés", "don't",
                                                  "3.14",  "数据库",  "ไทย",    "I'm",  "whales", "whale",   "WHALES",
                                                  "l’eau", "\xff",    "and",    "a-b",  "Straße", "x",       "12,5",
                                                  "to be", "ﬁnd",     "naïve-", "ção ", "。"};
    std::string text;
    for (auto left = random() % 40; left > 0; --left) {
        if (random() % 5 == 0)
            text += fmt::format("w{} ", random() % 500);
        else
            text.append(kWords[random() % std::size(kWords)]).append(random() % 4 == 0 ? "" : " ");
    }
    return text;
}

std::vector<std::string> analysed(std::string_view text, std::string_view language) {
    std::vector<std::string> terms;
    for (auto& term : analyse(text, language)) terms.push_back(std::move(term.text));
    return terms;
}

TEST(TermNumbers, NameTheTermsThatTheAnalyserFinds) {
    std::mt19937_64 random(7);
    for (const std::string language : {"english", "french", "german", "none"}) {
        TermNumbers numbers(language);
        for (int round = 0; round < 300; ++round) {
            const auto text = round % 20 == 0 ? std::string("to be or not to be, of the") : some_text(random);
            std::vector<std::uint32_t> found{12345};
            numbers.append(text, found);
            std::vector<std::string> terms;
            for (const auto number : std::span(found).subspan(1)) terms.push_back(numbers.terms().at(number));
            EXPECT_EQ(terms, analysed(text, language)) << language << ": " << text;
            EXPECT_EQ(found.front(), 12345U);
        }
        const std::set<std::string> different(numbers.terms().begin(), numbers.terms().end());
        EXPECT_EQ(different.size(), numbers.terms().size());
    }
}

TEST(TermNumbers, StayWhenTheWordFormsAreForgotten) {
    TermNumbers numbers("english");
    std::vector<std::uint32_t> first, last;
    numbers.append("whales sing", first);
    std::string many;
    for (std::size_t i = 0; i <= WordForms::kRemembered; ++i) many += fmt::format("word{} ", i);
    std::vector<std::uint32_t> found;
    numbers.append(many, found);
    numbers.append("sing word7 whales", last);
    EXPECT_EQ(last, (std::vector<std::uint32_t>{first[1], found[7], first[0]}));
}

TEST(PreparedPassages, CountTheTermsOfEachPassage) {
    std::mt19937_64 random(9);
    std::vector<Passage> passages;
    for (int i = 0; i < 50; ++i)
        passages.push_back({.id = std::to_string(i % 40), .text = some_text(random), .extra_text = some_text(random)});
    const auto prepared = embedded::prepare_passages(passages, {.language = "english"});
    ASSERT_EQ(prepared.all.size(), 40U);
    EXPECT_TRUE(std::ranges::is_sorted(prepared.terms));
    for (std::size_t i = 0; i < prepared.all.size(); ++i) {
        const auto& one = prepared.all[i];
        const auto& passage = passages[i + 10];  // the first ten come again
        EXPECT_EQ(one.id, passage.id);
        std::map<std::string, std::uint32_t> expected, counted;
        std::uint64_t length = 0;
        for (const auto& text : {passage.text, passage.extra_text})
            for (const auto& term : analysed(text, "english")) ++expected[term], ++length;
        for (const auto& [term, occurrences] : one.terms) counted[prepared.terms.at(term)] += occurrences;
        EXPECT_EQ(counted, expected);
        EXPECT_EQ(one.terms.size(), expected.size());
        EXPECT_EQ(one.length, length);
    }
}

TEST(PostingChanges, AreTheSameBytesByPlaceAndByName) {
    std::mt19937_64 random(13);
    for (int round = 0; round < 50; ++round) {
        std::set<std::string> names;
        while (names.size() < 70) names.insert(fmt::format("{:x}", random() >> (4 * (random() % 16))));
        const std::vector<std::string> terms(names.begin(), names.end());
        PostingChanges by_name, by_place(terms), mixed(terms);
        for (std::uint64_t i = 0; i < 30; ++i) {
            const auto passage = round % 2 ? i : 100 - i;
            for (std::uint32_t place = 0; place < terms.size(); ++place) {
                if (random() % 3) continue;
                const PostingChange change{{passage, random() % 300, passage + 1}, random() % 2 == 0};
                by_name.add(terms[place], change);
                by_place.add_at(place, change);
                random() % 2 ? mixed.add_at(place, change) : mixed.add(terms[place], change);
            }
        }
        const auto bytes = by_name.encode();
        EXPECT_EQ(by_place.encode(), bytes);
        EXPECT_EQ(mixed.encode(), bytes);
    }
}

TEST(Postings, ABlockThatIsExtendedIsTheOneThatAllWouldMake) {
    std::mt19937_64 random(17);
    for (const std::size_t before : {0U, 1U, 2U, 126U, 127U, 128U, 300U, 460U}) {
        for (const std::size_t more : {0U, 1U, 2U, 500U, 3000U}) {
            std::vector<Posting> all;
            for (std::uint64_t passage = random() % 1000; all.size() < before + more; passage += 1 + random() % 40)
                all.push_back({passage, 1 + random() % 3, random() % 200});
            const auto blocks = encode(std::span(all).first(before));
            ASSERT_LE(blocks.size(), 2U);
            const auto last = blocks.empty() ? PostingBlock{} : blocks.back();
            auto expected = encode(all);
            if (blocks.size() == 2) expected.erase(expected.begin());
            const auto got = extended(last, std::span(all).subspan(before));
            ASSERT_TRUE(got.has_value());
            ASSERT_EQ(got->size(), expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                EXPECT_EQ((*got)[i].first, expected[i].first);
                EXPECT_EQ((*got)[i].bytes, expected[i].bytes);
            }
        }
    }
}

TEST(Postings, ABlockIsNotExtendedByWhatItHoldsOrWhenItIsDamaged) {
    const std::vector<Posting> postings{{5, 1, 9}, {8, 2, 9}};
    const auto block = encode(postings).front();
    EXPECT_FALSE(extended(block, std::vector<Posting>{{8, 1, 9}}));
    EXPECT_FALSE(extended(block, std::vector<Posting>{{3, 1, 9}}));
    EXPECT_TRUE(extended(block, std::vector<Posting>{{9, 1, 9}}));
    for (std::size_t size = 1; size < block.bytes.size(); ++size)
        EXPECT_FALSE(extended({block.first, block.bytes.substr(0, size)}, std::vector<Posting>{{9, 1, 9}})) << size;
    EXPECT_FALSE(extended({block.first, block.bytes + "x"}, std::vector<Posting>{{9, 1, 9}})) << "bytes at the end";
}

}  // namespace
}  // namespace slipway::store
