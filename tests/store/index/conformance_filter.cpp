// Checks of vectors, filters and paging.
#include <algorithm>
#include <cmath>
#include <set>

#include "store/index/conformance_checks.h"

namespace slipway::store::conformance {
namespace {

constexpr std::size_t kDimension = 24;

Model fill(Bench& bench, std::size_t count, std::uint64_t seed) {
    Model model;
    std::vector<Passage> passages;
    for (std::size_t i = 0; i < count; ++i) {
        passages.push_back(random_passage(seed + i, fmt::format("p{:04}", i), kDimension));
        model[passages.back().id] = passages.back();
    }
    bench.upsert(std::move(passages));
    return model;
}

}  // namespace

void vectors_rank_by_metric(Bench& bench) {
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::euclid}) {
        bench.ensure({.dimension = kDimension, .metric = metric});
        auto model = fill(bench, 120, 5);
        Passage zero{.id = "zero", .text = "nothing", .vector = Vector(kDimension, 0)};
        bench.upsert({zero});
        model["zero"] = zero;
        for (const std::size_t limit : {1U, 10U, 1000U}) {
            Query query{.vector = random_vector(77, kDimension), .limit = limit};
            for (auto& value : *query.vector) value *= 3;
            const auto hits = bench.search(query);
            expect_hits(hits, expected_vector(model, query, metric), limit,
                        fmt::format("metric {}", static_cast<int>(metric)));
            for (const auto& hit : hits)
                expect(hit.vector_score && !hit.text_score && std::abs(*hit.vector_score - hit.score) < 1e-9 &&
                           !hit.passage.vector,
                       "the scores of the legs are wrong for a vector search");
        }
        value_of(bench.index().drop(bench.collection()), "drop");
    }
}

void both_legs_are_fused(Bench& bench) {
    bench.ensure({.dimension = kDimension});
    const auto model = fill(bench, 300, 21);
    Query query{.text = "silver river", .vector = random_vector(5, kDimension), .limit = 20};
    const auto text = expected_text(model, query), vector = expected_vector(model, query, Metric::cosine);
    const auto hits = bench.search(query);
    expect(hits.size() == 20, "{} fused hits instead of 20", hits.size());
    expect(std::ranges::is_sorted(hits, std::greater(), &Hit::score),
           "fused hits are not in the order of their scores");
    for (const auto& hit : hits) {
        const auto& id = hit.passage.id;
        expect(hit.text_score || hit.vector_score, "the fused hit {} comes from no leg", id);
        if (hit.text_score)
            expect(std::abs(*hit.text_score - text.scores.at(id)) < 1e-4, "{} has another BM25 than alone", id);
        if (hit.vector_score)
            expect(std::abs(*hit.vector_score - vector.scores.at(id)) < 1e-4, "{} has another cosine than alone", id);
    }
    Passage both{.id = "both", .text = "silver river", .vector = query.vector};
    bench.upsert({both});
    expect(bench.search(query).at(0).passage.id == "both", "what is best in both legs is not the best");
    const auto order_at = [&](double weight) {
        query.vector_weight = weight;
        return ids_of(bench.search(query));
    };
    Query only_text = query, only_vector = query;
    only_text.vector.reset();
    only_vector.text.clear();
    expect(order_at(0) == ids_of(bench.search(only_text)), "vector_weight 0 is not the text search");
    expect(order_at(1) == ids_of(bench.search(only_vector)), "vector_weight 1 is not the vector search");
}

void filters_match_reference(Bench& bench) {
    bench.ensure({.dimension = kDimension});
    const auto model = fill(bench, 250, 400);
    std::size_t number = 0;
    for (const auto& filter : many_filters()) {
        const auto what = fmt::format("filter {}", number++);
        const auto ids = matching_ids(model, filter);
        expect(bench.scroll(filter) == ids, "{}: scroll answered {} instead of {}", what, listed(bench.scroll(filter)),
               listed(ids));
        expect(bench.count(filter) == ids.size(), "{}: counted {} instead of {}", what, bench.count(filter),
               ids.size());
        const Query text{.text = "water silver house", .filter = filter, .limit = 1000};
        expect_hits(bench.search(text), expected_text(model, text), 1000, what + ", text");
        const Query vector{.vector = random_vector(2, kDimension), .filter = filter, .limit = 1000};
        expect_hits(bench.search(vector), expected_vector(model, vector, Metric::cosine), 1000, what + ", vector");
    }
}

void filtered_search_is_never_short(Bench& bench) {
    bench.ensure({.dimension = 2});
    // The passages that match come last in both legs.
    std::vector<Passage> passages;
    for (std::size_t i = 0; i < 1500; ++i) {
        const bool wanted = i >= 1480;
        Passage passage{.id = fmt::format("p{:04}", i), .name_space = wanted ? "rare" : "common"};
        passage.text = wanted ? "water and many other words that make it long, much longer than all of the others are"
                              : "water water";
        passage.vector = wanted ? Vector{0, 1} : Vector{1, 0};
        passage.metadata["wanted"] = wanted;
        passages.push_back(std::move(passage));
    }
    bench.upsert(std::move(passages));
    for (const auto& filter : {Filter::equal("namespace", "rare"), Filter::equal("wanted", true),
                               Filter::all({Filter::equal("namespace", "rare"), Filter::equal("wanted", true)}),
                               Filter::none({Filter::equal("namespace", "common")})})
        for (const bool has_text : {true, false})
            for (const bool has_vector : {true, false}) {
                if (!has_text && !has_vector) continue;
                Query query{.filter = filter, .limit = 15};
                if (has_text) query.text = "water";
                if (has_vector) query.vector = Vector{1, 0};
                const auto hits = bench.search(query);
                expect(hits.size() == 15, "a filtered search found {} of 15 (text {}, vector {})", hits.size(),
                       has_text, has_vector);
                for (const auto& hit : hits)
                    expect(hit.passage.name_space == "rare", "{} does not match the filter", hit.passage.id);
            }
}

void scroll_goes_by_id(Bench& bench) {
    bench.ensure();
    std::set<std::string> ids{"b", "a", "B", "aa", "ä", "z/1", "z 2", "0", "東京", "10", "9", std::string(256, 'q')};
    std::vector<Passage> passages;
    for (const auto& id : ids) passages.push_back({.id = id, .text = "text"});
    std::ranges::reverse(passages);
    bench.upsert(std::move(passages));
    const std::vector<std::string> sorted(ids.begin(), ids.end());
    for (const std::size_t page : {1U, 3U, 12U, 100U}) {
        const auto found = bench.scroll({}, page);
        expect(found == sorted, "scroll by pages of {} answered {}", page, listed(found));
    }
    bench.upsert({{.id = "last", .name_space = "n", .text = "kept", .metadata = {{"k", "v"}}}});
    const auto page =
        value_of(bench.index().scroll(kFirst, bench.collection(), Filter::equal("id", "last"), 5, {}), "scroll");
    expect(page.passages.size() == 1 && !page.next, "scroll by id answered {} passages", page.passages.size());
    const auto& passage = page.passages[0];
    expect(passage.text == "kept" && passage.name_space == "n" && passage.metadata.contains("k"),
           "scroll answered an incomplete passage");
}

void cursors_hold_their_place(Bench& bench) {
    bench.ensure({.dimension = kDimension});
    auto model = fill(bench, 40, 8);
    const auto first = value_of(bench.index().scroll(kFirst, bench.collection(), {}, 10, {}), "scroll");
    expect(first.next.has_value(), "there is no cursor to the second page");
    bench.erase({"p0003", "p0009", "p0012"});
    bench.upsert({{.id = "p0001a", .text = "before the cursor"}, {.id = "p0010a", .text = "behind the cursor"}});
    const auto second = value_of(bench.index().scroll(kFirst, bench.collection(), {}, 4, first.next), "scroll");
    std::vector<std::string> ids;
    for (const auto& passage : second.passages) ids.push_back(passage.id);
    expect(ids == std::vector<std::string>({"p0010", "p0010a", "p0011", "p0013"}),
           "after changes the second page is {}", listed(ids));
    for (const auto* cursor : {"", "!!", "bm9uc2Vuc2U"})
        expect(bench.refused(bench.index().scroll(kFirst, bench.collection(), {}, 10, cursor), "a wrong cursor") ==
                   ErrorCode::invalid,
               "a wrong cursor is not invalid input");
}

}  // namespace slipway::store::conformance
