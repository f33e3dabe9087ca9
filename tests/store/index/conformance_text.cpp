// Checks of the text leg: what is found, how it is ranked, and that workspaces do not see one another.
#include <cmath>

#include "store/index/conformance_checks.h"

namespace slipway::store::conformance {
namespace {

Model fill(Bench& bench, std::size_t count, std::uint64_t seed, std::size_t dimension = 0) {
    Model model;
    std::vector<Passage> passages;
    for (std::size_t i = 0; i < count; ++i) {
        passages.push_back(random_passage(seed + i, fmt::format("p{:04}", i), dimension));
        model[passages.back().id] = passages.back();
    }
    bench.upsert(std::move(passages));
    return model;
}

}  // namespace

void text_is_found(Bench& bench) {
    bench.ensure();
    Passage cats{
        .id = "cats", .name_space = "pets", .text = "Cats sleep most of the day.", .extra_text = "Felines at home"};
    cats.metadata = {{"page", 12}, {"tags", {"a", "b"}}, {"good", true}};
    Passage dogs{.id = "dogs", .name_space = "pets", .text = "Dogs want to run."};
    bench.upsert({cats, dogs});
    const auto hits = bench.search("sleeping cat");
    expect(ids_of(hits) == std::vector<std::string>{"cats"}, "\"sleeping cat\" found {}", listed(ids_of(hits)));
    const auto& found = hits[0].passage;
    expect(found.text == cats.text && found.name_space == "pets", "the passage came back changed: {}", found.text);
    expect(found.metadata == cats.metadata, "the metadata came back as {}", json::serialize(found.metadata));
    expect(hits[0].text_score && !hits[0].vector_score && *hits[0].text_score == hits[0].score,
           "the scores of the legs are wrong");
    expect(ids_of(bench.search("felines")) == std::vector<std::string>{"cats"}, "extra_text is not searched");
    expect(found.extra_text.empty(), "extra_text was returned");
    Query only_ids{.text = "sleeping cat", .only_ids = true};
    const auto named = bench.search(only_ids);
    expect(ids_of(named) == std::vector<std::string>{"cats"} && named[0].score == hits[0].score,
           "where only ids are wanted, {} was found", listed(ids_of(named)));
    expect(named[0].passage.text.empty() && named[0].passage.metadata.empty() && named[0].passage.name_space.empty(),
           "where only ids are wanted, more came back");
    expect(bench.search("elephant").empty(), "\"elephant\" found {}", listed(ids_of(bench.search("elephant"))));
    expect(bench.search("?!").empty(), "a query without words found something");
}

void upsert_overwrites(Bench& bench) {
    bench.ensure({.dimension = 2});
    Passage old{.id = "x", .name_space = "one", .text = "apples and oranges", .vector = Vector{1, 0}};
    bench.upsert({old, {.id = "y", .text = "pears"}});
    Passage fresh{.id = "x", .name_space = "two", .text = "oranges and lemons", .metadata = {{"edition", 2}}};
    bench.upsert({fresh});
    expect(bench.count() == 2, "after an overwrite there are {} passages instead of 2", bench.count());
    expect(bench.search("apples").empty(), "words of an overwritten passage are still found");
    const auto hits = bench.search("lemons");
    expect(hits.size() == 1 && hits[0].passage.name_space == "two" && hits[0].passage.metadata == fresh.metadata,
           "the new version of a passage is not what is found");
    Query near;
    near.vector = Vector{1, 0};
    expect(bench.search(near).empty(), "the vector of an overwritten passage is still found");
    expect(bench.count(Filter::equal("namespace", "one")) == 0,
           "an overwritten passage still counts in its old namespace");
    bench.upsert({{.id = "z", .text = "first"}, {.id = "z", .text = "second"}});
    expect(bench.search("first").empty() && bench.search("second").size() == 1,
           "of an id given twice in a call the last must win");
    Query same{.text = "oranges lemons pears second"};
    Model model{{"x", fresh}, {"y", {.id = "y", .text = "pears"}}, {"z", {.id = "z", .text = "second"}}};
    expect_hits(bench.search(same), expected_text(model, same), 10, "statistics after overwrites");
}

void erase_removes(Bench& bench) {
    bench.ensure({.dimension = 4});
    auto model = fill(bench, 60, 100, 4);
    expect(bench.erase({"p0001", "p0002", "absent", "p0001"}) == 2, "erase did not answer how many passages it erased");
    model.erase("p0001");
    model.erase("p0002");
    const auto filter = Filter::all({Filter::equal("public", true), Filter::none({Filter::exist("author")})});
    const auto gone = matching_ids(model, filter);
    const auto erased = bench.erase_where(filter);
    expect(erased == gone.size(), "erase_where erased {} passages instead of {}", erased, gone.size());
    for (const auto& id : gone) model.erase(id);
    expect(bench.scroll() == matching_ids(model, {}), "after erase_where these are left: {}", listed(bench.scroll()));
    Query query{.text = "water house river", .limit = 100};
    expect_hits(bench.search(query), expected_text(model, query), 100, "text after erasing");
    Query near{.vector = random_vector(1, 4), .limit = 100};
    expect_hits(bench.search(near), expected_vector(model, near, Metric::cosine), 100, "vectors after erasing");
    bench.erase_where({});
    expect(bench.count() == 0 && bench.search("water").empty(), "erasing everything left something");
    fill(bench, 5, 3);
    expect(bench.count() == 5, "after erasing everything new passages are not counted right");
}

void text_ranks_by_bm25(Bench& bench) {
    bench.ensure();
    const auto model = fill(bench, 400, 1);
    for (const auto* text :
         {"water", "thunder", "silver bridge", "winding river house water", "water water", "Kitchens, mornings!"})
        for (const std::size_t limit : {1U, 7U, 50U, 1000U}) {
            const Query query{.text = text, .limit = limit};
            const auto hits = bench.search(query);
            expect_hits(hits, expected_text(model, query), limit, text);
            for (const auto& hit : hits) {
                double sum = 0;
                for (const auto& term : hit.terms) sum += term.score;
                expect(std::abs(sum - hit.score) < 1e-4, "the terms of {} sum to {}, its score is {}", hit.passage.id,
                       sum, hit.score);
            }
        }
}

void expansions_add_terms(Bench& bench) {
    bench.ensure();
    const auto model = fill(bench, 200, 50);
    Query query{.text = "bridge stones"};
    query.expansions = {{"river", 0.5}, {"stone", 9}, {"silver window", 0.8}, {"window", 0.1}, {"ocean", 0}};
    query.limit = 100;
    expect_hits(bench.search(query), expected_text(model, query), 100, "expansions");
    query.text.clear();
    expect_hits(bench.search(query), expected_text(model, query), 100, "expansions alone");
}

void workspaces_do_not_leak(Bench& bench) {
    bench.ensure({.dimension = 4});
    const auto model = fill(bench, 50, 9, 4);
    Query query{.text = "silver thunder water", .vector = {}, .limit = 100};
    const auto before = bench.search(query);
    std::vector<Passage> others;
    for (std::size_t i = 0; i < 3000; ++i)
        others.push_back({.id = fmt::format("p{:04}", i), .text = "silver thunder thunder kitchen"});
    bench.upsert(std::move(others), kSecond);
    const auto after = bench.search(query);
    expect(ids_of(before) == ids_of(after), "another workspace's passages changed the ranking");
    for (std::size_t i = 0; i < before.size(); ++i)
        expect(before[i].score == after[i].score, "another workspace's words changed the score of {} from {} to {}",
               before[i].passage.id, before[i].score, after[i].score);
    expect(bench.count() == 50 && bench.count({}, kSecond) == 3000, "the workspaces' counts are {} and {}",
           bench.count(), bench.count({}, kSecond));
    expect(bench.scroll() == matching_ids(model, {}), "a workspace lists another's passages");
    expect(bench.erase({"p2999"}) == 0, "a workspace erased another's passage");
    expect(bench.erase_where({}) == 50, "erase_where reached another workspace");
    expect(bench.count({}, kSecond) == 3000, "erasing in one workspace changed another");
    expect(bench.search("kitchen").empty() && bench.search("kitchen", kSecond).size() == 10,
           "a workspace finds another's passages");
    const auto info = value_of(bench.index().describe(bench.collection()), "describe");
    expect(info && info->passages == 3000, "describe does not count the passages of all workspaces");
}

void words_are_analysed(Bench& bench) {
    bench.ensure();
    bench.upsert({{.id = "accents", .text = "A Çafé in Zürich serves crème brûlée"},
                  {.id = "stems", .text = "Relationships need communicating honestly"},
                  {.id = "apostrophe", .text = "The dog’s bone"},
                  {.id = "hyphen", .text = "Well-being at work"},
                  {.id = "han", .text = "我们在东京都吃饭"},
                  {.id = "russian", .text = "Ёлка стоит в лесу"},
                  {.id = "emoji", .text = "party 🎉🎉 time"}});
    const auto expect_found = [&](std::string_view text, std::string_view id) {
        const auto ids = ids_of(bench.search(text));
        expect(ids == std::vector<std::string>{std::string(id)}, "\"{}\" found {} instead of {}", text, listed(ids),
               id);
    };
    expect_found("cafe", "accents");
    expect_found("ZURICH", "accents");
    expect_found("BRULEE", "accents");
    expect_found("relationship", "stems");
    expect_found("communicate", "stems");
    expect_found("dogs", "apostrophe");
    expect_found("wellness well", "hyphen");
    expect_found("东京", "han");
    expect_found("елка", "russian");
    expect_found("party!", "emoji");
}

}  // namespace slipway::store::conformance
