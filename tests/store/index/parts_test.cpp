// The pieces of a search that know no store: filters, postings, BM25, vectors, fusion, limits.
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "store/index/posting_batch.h"
#include "store/index/pushdown.h"
#include "store/index/text_ranking.h"
#include "store/index/validation.h"
#include "store/index/vector.h"

namespace slipway::store {
namespace {

Passage sample() {
    Passage passage{.id = "p1", .name_space = "money", .text = "text"};
    passage.metadata = {{"year", 2024},       {"price", 9.5},    {"draft", false},
                        {"tags", {"a", "b"}}, {"gone", nullptr}, {"none", json::array()}};
    return passage;
}

TEST(Filter, ComparesByValue) {
    const auto p = sample();
    EXPECT_TRUE(matches(Filter{}, p)) << "an empty filter lets everything pass";
    EXPECT_TRUE(matches(Filter::equal("year", 2024), p));
    EXPECT_TRUE(matches(Filter::equal("year", 2024.0), p));
    EXPECT_TRUE(matches(Filter::equal("year", std::uint64_t{2024}), p));
    EXPECT_FALSE(matches(Filter::equal("year", "2024"), p));
    EXPECT_TRUE(matches(Filter::equal("draft", false), p));
    EXPECT_FALSE(matches(Filter::equal("draft", 0), p));
    EXPECT_FALSE(matches(Filter::equal("gone", nullptr), p)) << "null equals nothing";
    EXPECT_TRUE(matches(Filter::equal("tags", "b"), p));
    EXPECT_FALSE(matches(Filter::equal("tags", "c"), p));
    EXPECT_TRUE(matches(Filter::any("tags", {"c", "a"}), p));
    EXPECT_FALSE(matches(Filter::any("tags", {}), p)) << "any of nothing";
    EXPECT_TRUE(matches(Filter::equal("namespace", "money"), p));
    EXPECT_TRUE(matches(Filter::any("id", {"p0", "p1"}), p));
}

TEST(Filter, RangesHoldForNumbersOnly) {
    const auto p = sample();
    EXPECT_TRUE(matches(Filter::between("year", 2024, 2024), p));
    EXPECT_FALSE(matches(Filter::between("year", 2025, {}), p));
    EXPECT_TRUE(matches(Filter::between("price", {}, 9.5), p));
    auto open = Filter::between("price", {}, {});
    EXPECT_TRUE(matches(open, p));
    open.above = 9.5;
    EXPECT_FALSE(matches(open, p));
    open.above = 9.0;
    open.below = 9.6;
    EXPECT_TRUE(matches(open, p));
    for (const auto* field : {"draft", "tags", "id", "missing"})
        EXPECT_FALSE(matches(Filter::between(field, {}, {}), p)) << field;
}

TEST(Filter, ExistsAndGroups) {
    const auto p = sample();
    EXPECT_TRUE(matches(Filter::exist("tags"), p));
    EXPECT_TRUE(matches(Filter::exist("none"), p));
    EXPECT_FALSE(matches(Filter::exist("gone"), p));
    EXPECT_TRUE(matches(Filter::exist("namespace"), p));
    EXPECT_FALSE(matches(Filter::either({}), p));
    EXPECT_TRUE(matches(Filter::none({}), p));
    EXPECT_FALSE(matches(Filter::none({Filter::exist("x"), Filter::exist("tags")}), p));
    EXPECT_TRUE(matches(
        Filter::all({Filter::either({Filter::exist("x"), Filter::exist("year")}), Filter::none({Filter::exist("x")})}),
        p));
}

TEST(Pushdown, TakesWhatEveryPassageMustMeet) {
    const auto both = pushdown(Filter::all({Filter::any("namespace", {"a", "b", 3}), Filter::equal("namespace", "b")}));
    EXPECT_EQ(both.namespaces, std::vector<std::string>{"b"});
    EXPECT_TRUE(both.is_complete);
    const auto part = pushdown(Filter::all({Filter::equal("id", "x"), Filter::exist("tags")}));
    EXPECT_EQ(part.ids, std::vector<std::string>{"x"});
    EXPECT_FALSE(part.is_complete);
    const auto never = pushdown(Filter::either({Filter::equal("id", "x")}));
    EXPECT_FALSE(never.ids);
    EXPECT_FALSE(never.is_complete);
}

TEST(Validation, BoundsFilters) {
    Filter deep;
    for (std::size_t i = 1; i < IndexLimits::filter_depth; ++i) deep = Filter::all({std::move(deep)});
    EXPECT_TRUE(check_filter(deep));
    EXPECT_EQ(check_filter(Filter::none({deep})).error().code, ErrorCode::invalid);
    EXPECT_FALSE(check_filter(Filter::any("x", std::vector<json::value>(IndexLimits::filter_values + 1, 1))));
    EXPECT_FALSE(check_filter(Filter::all(std::vector<Filter>(IndexLimits::filter_nodes))));
    EXPECT_FALSE(check_filter(Filter::equal("", 1)));
    EXPECT_FALSE(check_filter(Filter::equal("x", json::object())));
    EXPECT_FALSE(check_filter(Filter::between("x", std::nan(""), {})));
    Filter two = Filter::equal("x", 1);
    two.values.emplace_back(2);
    EXPECT_FALSE(check_filter(two));
}

TEST(Postings, SurviveEncoding) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 50; ++round) {
        std::vector<Posting> postings;
        std::uint64_t passage = random() % 1000;
        for (std::size_t i = 0, count = 1 + random() % 2000; i < count; ++i) {
            postings.push_back({passage, 1 + (random() % 3 ? 0 : random() % 500), random() % 100'000});
            passage += 1 + (random() % 10 ? random() % 5 : random() % (std::uint64_t{1} << 30));
        }
        std::vector<Posting> back;
        for (const auto& block : encode(postings)) {
            EXPECT_LE(block.bytes.size(), kPostingBlockBytes);
            const auto decoded = decode(block);
            ASSERT_TRUE(decoded);
            EXPECT_EQ(decoded->front().passage, block.first);
            back.insert(back.end(), decoded->begin(), decoded->end());
        }
        EXPECT_EQ(back, postings);
    }
}

TEST(Postings, DamagedBytesAreNoticedOrHarmless) {
    std::mt19937_64 random(11);
    std::vector<Posting> postings;
    for (std::uint64_t i = 0; i < 100; ++i) postings.push_back({i * 3, 1 + i % 2, 80});
    const auto block = encode(postings).front();
    for (std::size_t size = 0; size < block.bytes.size(); ++size)
        EXPECT_FALSE(decode({block.first, block.bytes.substr(0, size)})) << size;
    for (int round = 0; round < 2000; ++round) {
        auto bytes = block.bytes;
        bytes[random() % bytes.size()] = static_cast<char>(random());
        const std::vector<TermPostings> term{{"x", 1, {{block.first, bytes}}, 100}};
        const auto found = score_passages(term, {1000, 80'000});
        if (!found) continue;
        for (const auto& one : *found) EXPECT_TRUE(std::isfinite(one.score));
    }
}

using ChangesOfTerms = std::map<std::string, std::vector<PostingChange>>;

std::string batch_of(const ChangesOfTerms& terms) {
    PostingChanges changes;
    for (const auto& [term, list] : terms)
        for (auto change = list.rbegin(); change != list.rend(); ++change) changes.add(term, *change);
    return changes.encode();
}

TEST(PostingBatch, KeepsEveryTermAndFindsEachOfThem) {
    std::mt19937_64 random(3);
    for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 1000U}) {
        ChangesOfTerms terms;
        while (terms.size() < count) {
            std::vector<PostingChange> changes;
            std::uint64_t passage = random() % 1000;
            for (auto left = 1 + random() % 3; left > 0; --left) {
                changes.push_back({{passage += 1 + random() % 500, random() % 5, 0}, random() % 2 == 0});
                if (changes.back().posting.occurrences > 0) changes.back().posting.length = random() % 9999;
            }
            terms[fmt::format("{:x}", random() >> (4 * (random() % 16)))] = std::move(changes);
        }
        const auto bytes = batch_of(terms);
        BatchReader reader(bytes);
        auto expected = terms.begin();
        for (BatchReader::Entry entry; reader.next(entry); ++expected) {
            ASSERT_NE(expected, terms.end());
            std::vector<PostingChange> changes;
            EXPECT_EQ(entry.term, expected->first);
            EXPECT_TRUE(decode_changes(entry.changes, changes));
            EXPECT_EQ(changes, expected->second);
            EXPECT_EQ(reader.find(entry.term), entry.changes);
        }
        EXPECT_EQ(expected, terms.end());
        for (const std::string_view absent : {"", "0000", "8.", "zzz"}) EXPECT_FALSE(reader.find(absent)) << absent;
        EXPECT_FALSE(reader.is_damaged());
    }
}

TEST(PostingBatch, DamagedBytesAreNoticedOrHarmless) {
    std::mt19937_64 random(5);
    ChangesOfTerms terms;
    for (std::uint64_t i = 0; i < 200; ++i)
        terms[fmt::format("term{}", i)] = {{{i, 1, 9}, false}, {{i + 5, 0, 0}, true}};
    const auto whole = batch_of(terms);
    for (int round = 0; round < 3000; ++round) {
        auto bytes = whole;
        bytes[random() % (round % 2 ? 40 : bytes.size())] = static_cast<char>(random());
        if (round % 3 == 0) bytes.resize(random() % bytes.size());
        BatchReader reader(bytes);
        std::size_t entries = 0;
        std::vector<PostingChange> changes;
        for (BatchReader::Entry entry; reader.next(entry); ++entries)
            if (!decode_changes(entry.changes, changes)) break;
        EXPECT_LE(entries, bytes.size());
        if (const auto found = reader.find("term77")) decode_changes(*found, changes);
        BatchEntries all;
        all.add(bytes);
        const auto count = [&entries](std::string_view, std::span<const PostingChange>) -> Result<void> {
            ++entries;
            return {};
        };
        EXPECT_TRUE(all.for_each(count));
    }
}

TEST(PostingBatch, OfSeveralChangesOfAPassageTheLastCounts) {
    std::vector<PostingChange> changes{{{5, 2, 9}, true}, {{9, 1, 9}, false}, {{5, 0, 0}, true},
                                       {{9, 0, 0}, true}, {{7, 3, 8}, false}, {{7, 4, 8}, true}};
    combine(changes);
    EXPECT_EQ(changes, (std::vector<PostingChange>{{{5, 0, 0}, true}, {{7, 4, 8}, false}}));
    const std::vector<Posting> before{{1, 1, 4}, {5, 2, 9}};
    EXPECT_EQ(changed(before, changes), (std::vector<Posting>{{1, 1, 4}, {7, 4, 8}}));
    EXPECT_FALSE(changed({}, changes)) << "what is to be removed must be there";
    EXPECT_FALSE(changed(std::vector<Posting>{{5, 2, 9}, {7, 1, 1}}, changes)) << "what is new must not be there";
}

TEST(Bm25, FollowsTheFormula) {
    const TextStatistics statistics{10, 1000};
    const TermScorer scorer(2, 3, statistics);
    const double idf = std::log(1 + (10 - 3 + 0.5) / (3 + 0.5));
    EXPECT_NEAR(scorer(4, 50), 2 * idf * 4 * 2.2 / (4 + 1.2 * (0.25 + 0.75 * 50 / 100)), 1e-12);
    EXPECT_GT(TermScorer(1, 10, statistics)(1, 1000), 0) << "a term that all passages hold still counts";
}

TEST(Bm25, ExpansionsShareTheirWeightAndAddNothingTwice) {
    Query query{.text = "running dogs run"};
    query.expansions = {{"dog", 5}, {"four legs", 1}, {"legs", 0.2}, {"nothing", 0}};
    const auto terms = query_terms(query, "english");
    ASSERT_EQ(terms.size(), 4U);
    EXPECT_EQ(terms[0].term, "run");
    EXPECT_EQ(terms[1].term, "dog");
    EXPECT_EQ(terms[1].weight, 1) << "as in the query";
    EXPECT_EQ(terms[2].term, "four");
    EXPECT_EQ(terms[2].weight, 0.5);
    EXPECT_EQ(terms[3].term, "leg");
    EXPECT_EQ(terms[3].weight, 0.5) << "the larger of two";
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "w" + std::to_string(i) + " ";
    EXPECT_EQ(query_terms({.text = many}, "none").size(), IndexLimits::query_terms);
}

TEST(Vectors, AreMeasuredExactly) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    for (const std::size_t size : {1U, 15U, 16U, 17U, 384U, 1000U}) {
        Vector a(size), b(size);
        for (auto& x : a) x = normal(random);
        for (auto& x : b) x = normal(random);
        double dot = 0, square = 0, aa = 0, bb = 0;
        for (std::size_t i = 0; i < size; ++i) {
            dot += double{a[i]} * b[i];
            square += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
            aa += double{a[i]} * a[i];
            bb += double{b[i]} * b[i];
        }
        EXPECT_NEAR(nearness(Metric::dot, a, b), dot, 1e-3);
        EXPECT_NEAR(nearness(Metric::euclid, a, b), -std::sqrt(square), 1e-3);
        EXPECT_NEAR(nearness(Metric::cosine, prepared_vector(Metric::cosine, a), prepared_vector(Metric::cosine, b)),
                    dot / std::sqrt(aa * bb), 1e-5);
        Vector back(size);
        EXPECT_TRUE(from_bytes(to_bytes(a), back));
        EXPECT_EQ(back, a);
        EXPECT_FALSE(from_bytes(to_bytes(a) + "x", back));
    }
}

TEST(Vectors, ExtremesStayOrdered) {
    const float most = std::numeric_limits<float>::max();
    EXPECT_EQ(
        nearness(Metric::cosine, prepared_vector(Metric::cosine, {0, 0}), prepared_vector(Metric::cosine, {1, 0})), 0);
    EXPECT_NEAR(nearness(Metric::cosine, prepared_vector(Metric::cosine, {most, most}),
                         prepared_vector(Metric::cosine, {1, 1})),
                1, 1e-6);
    EXPECT_TRUE(std::isfinite(nearness(Metric::dot, Vector{most, most}, Vector{most, most})));
    EXPECT_FALSE(std::isnan(nearness(Metric::dot, Vector(17, most), Vector(17, -most))));
}

TEST(Ranking, GivesTheBestFirst) {
    Ranking ranking({{1, 0.5}, {2, 3}, {3, 0.5}, {4, -1}});
    std::vector<std::uint64_t> order;
    while (const auto next = ranking.next()) order.push_back(next->number);
    EXPECT_EQ(order, (std::vector<std::uint64_t>{2, 1, 3, 4}));
}

TEST(Fusion, RewardsWhatBothLegsFind) {
    const std::vector<Ranked> text{{1, 9}, {2, 8}, {3, 7}}, vector{{2, 0.9}, {4, 0.8}, {1, 0.1}};
    const auto fused = fuse(text, vector, 0.5);
    ASSERT_EQ(fused.size(), 4U);
    EXPECT_EQ(fused[0].number, 2U);
    EXPECT_EQ(fused[1].number, 1U);
    EXPECT_NEAR(fused[0].score, 0.5 * 61 / 62 + 0.5, 1e-12);
    EXPECT_FALSE(fused[3].text_score && fused[3].vector_score);
    EXPECT_EQ(fuse(text, vector, 1)[1].number, 4U);
    EXPECT_NEAR(fuse(text, text, 0.3)[0].score, 1, 1e-12) << "first of both legs";
}

}  // namespace
}  // namespace slipway::store
