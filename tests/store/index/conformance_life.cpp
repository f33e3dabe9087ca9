// Checks of collections, refusals, durability and concurrency, and the random walk against a model.
#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "store/index/conformance_checks.h"

namespace slipway::store::conformance {

void collections_are_ensured(Bench& bench) {
    auto& index = bench.index();
    const auto& name = bench.collection();
    expect(!value_of(index.describe(name), "describe"), "a collection that was never ensured is described");
    expect(bench.refused(index.search(kFirst, name, {.text = "x"}), "a search without a collection") ==
               ErrorCode::not_found,
           "a search without a collection is not `not_found`");
    expect(bench.refused(index.upsert(kFirst, name, {{.id = "x", .text = "x"}}), "an upsert without a collection") ==
               ErrorCode::not_found,
           "an upsert without a collection is not `not_found`");
    CollectionOptions options{
        .dimension = 3, .metric = Metric::dot, .language = "german", .embedding_model = "model-1"};
    bench.ensure(options);
    const auto info = value_of(index.describe(name), "describe");
    expect(info && info->options.dimension == 3 && info->options.metric == Metric::dot &&
               info->options.language == "german" && info->options.embedding_model == "model-1" && info->passages == 0,
           "describe does not answer what was ensured");
    options.embedding_model = "model-2";
    bench.ensure(options);
    expect(value_of(index.describe(name), "describe")->options.embedding_model == "model-1",
           "a second ensure replaced the embedding model");
    for (const auto& other : {CollectionOptions{.dimension = 4, .metric = Metric::dot, .language = "german"},
                              CollectionOptions{.dimension = 3, .metric = Metric::cosine, .language = "german"},
                              CollectionOptions{.dimension = 3, .metric = Metric::dot, .language = "english"}})
        expect(bench.refused(index.ensure(name, other), "ensure with other options") == ErrorCode::conflict,
               "ensure with other options is not a conflict");
    bench.upsert({{.id = "haus", .text = "Die Häuser am Fluss", .vector = Vector{1, 2, 3}}});
    expect(bench.search("Haus").size() == 1, "the language of the collection is not used");
    value_of(index.drop(name), "drop");
    value_of(index.drop(name), "drop of what is not there");
    expect(!value_of(index.describe(name), "describe"), "a dropped collection is still described");
    bench.ensure();
    expect(bench.count() == 0 && bench.search("Haus").empty(), "a dropped collection left passages");
    bench.upsert({{.id = "one", .text = "A house"}});
    value_of(index.renew(name, {.dimension = 7, .metric = Metric::cosine, .language = "english"}), "renew");
    expect(bench.count() == 0 && value_of(index.describe(name), "describe")->options.dimension == 7,
           "renew does not begin anew");
    value_of(index.check_integrity(), "check_integrity");
    expect(!value_of(index.status(), "status").engine.empty(), "the status names no engine");
}

void wrong_input_is_refused(Bench& bench) {
    bench.ensure({.dimension = 2});
    auto& index = bench.index();
    const auto& name = bench.collection();
    const float nan = std::nanf(""), infinite = std::numeric_limits<float>::infinity();
    const std::vector<std::pair<std::string_view, Passage>> passages = {
        {"an empty id", {.id = "", .text = "x"}},
        {"a long id", {.id = std::string(257, 'x'), .text = "x"}},
        {"a short vector", {.id = "x", .text = "x", .vector = Vector{1}}},
        {"a long vector", {.id = "x", .text = "x", .vector = Vector{1, 2, 3}}},
        {"a vector with NaN", {.id = "x", .text = "x", .vector = Vector{1, nan}}},
        {"an infinite vector", {.id = "x", .text = "x", .vector = Vector{infinite, 1}}},
        {"nested metadata", {.id = "x", .text = "x", .metadata = {{"a", {{"b", 1}}}}}},
        {"an array of numbers", {.id = "x", .text = "x", .metadata = {{"a", {1, 2}}}}},
        {"a metadata number that is not finite", {.id = "x", .text = "x", .metadata = {{"a", std::nan("")}}}},
        {"text that is not UTF-8", {.id = "x", .text = "\xFF\xFE"}},
        {"an id that is not UTF-8", {.id = "\xFF", .text = "x"}},
    };
    for (const auto& [what, passage] : passages)
        expect(bench.refused(index.upsert(kFirst, name, {passage}), what) == ErrorCode::invalid,
               "{} is not invalid input", what);
    const auto deep = [] {
        Filter filter;
        for (int i = 0; i < 100; ++i) filter = Filter::none({std::move(filter)});
        return filter;
    };
    const std::vector<std::pair<std::string_view, Query>> queries = {
        {"an empty query", {}},
        {"limit 0", {.text = "x", .limit = 0}},
        {"limit 1001", {.text = "x", .limit = 1001}},
        {"a query vector of another dimension", {.vector = Vector{1, 2, 3}}},
        {"a query vector with NaN", {.vector = Vector{nan, 2}}},
        {"a weight above 1", {.text = "x", .vector_weight = 1.5}},
        {"a query that is not UTF-8", {.text = "\xC3"}},
        {"a very deep filter", {.text = "x", .filter = deep()}},
        {"equality with nothing", {.text = "x", .filter = {.kind = Filter::Kind::equals, .field = "year"}}},
    };
    for (const auto& [what, query] : queries)
        expect(bench.refused(index.search(kFirst, name, query), what) == ErrorCode::invalid, "{} is not invalid input",
               what);
    expect(bench.refused(index.count(kFirst, name, deep()), "a deep filter") == ErrorCode::invalid,
           "count takes a very deep filter");
    expect(bench.refused(index.erase_where(kFirst, name, deep()), "a deep filter") == ErrorCode::invalid,
           "erase_where takes a very deep filter");
    expect(bench.refused(index.scroll(kFirst, name, {}, 0, {}), "scroll by 0") == ErrorCode::invalid,
           "scroll by 0 is not invalid input");
    expect(bench.refused(index.ensure("other-" + name, {.language = "klingon"}), "an unknown language") ==
               ErrorCode::invalid,
           "an unknown language is not invalid input");
    expect(bench.refused(index.upsert({""}, name, {}), "no workspace") == ErrorCode::invalid,
           "an empty workspace is not invalid input");
    bench.upsert({});
    bench.upsert({{.id = std::string(256, 'x'), .text = ""}});
    expect(bench.count() == 1, "a passage without words is not counted");
}

void refused_upsert_changes_nothing(Bench& bench) {
    bench.ensure({.dimension = 2});
    bench.upsert({{.id = "a", .text = "river"}});
    bench.refused(bench.index().upsert(kFirst, bench.collection(),
                                       {{.id = "b", .text = "river"},
                                        {.id = "a", .text = "ocean"},
                                        {.id = "c", .text = "x", .vector = Vector{1}}}),
                  "a call with one wrong passage");
    expect(bench.scroll() == std::vector<std::string>{"a"}, "a refused upsert left {}", listed(bench.scroll()));
    expect(bench.search("river").size() == 1 && bench.search("ocean").empty(),
           "a refused upsert changed what is found");
}

void writes_are_read_at_once(Bench& bench) {
    bench.ensure();
    for (int i = 0; i < 60; ++i) {
        const auto id = fmt::format("p{}", i);
        bench.upsert({{.id = id, .text = fmt::format("word{} common", i)}});
        expect(ids_of(bench.search(fmt::format("word{}", i))) == std::vector<std::string>{id},
               "{} is not found right after upsert", id);
        expect(bench.count() == static_cast<std::uint64_t>(i) + 1 - static_cast<std::uint64_t>(i / 10),
               "the count lags behind at {}", i);
        if (i % 10 != 9) continue;
        bench.erase({id});
        expect(bench.search(fmt::format("word{}", i)).empty(), "{} is still found after erase", id);
        bench.upsert({{.id = id, .text = fmt::format("word{} common", i)}});
        bench.erase({id});
    }
}

void data_outlives_the_process(Bench& bench) {
    bench.ensure({.dimension = 4, .embedding_model = "m"});
    Model model;
    for (std::size_t i = 0; i < 150; ++i) {
        auto passage = random_passage(i, fmt::format("p{:04}", i), 4);
        model[passage.id] = passage;
        bench.upsert({std::move(passage)});
    }
    bench.erase({"p0000"});
    model.erase("p0000");
    bench.reopen();
    expect(bench.scroll() == matching_ids(model, {}), "after reopening these are there: {}", listed(bench.scroll()));
    const Query query{.text = "water bridge", .limit = 100};
    expect_hits(bench.search(query), expected_text(model, query), 100, "text after reopening");
    const Query near{.vector = random_vector(3, 4), .limit = 100};
    expect_hits(bench.search(near), expected_vector(model, near, Metric::cosine), 100, "vectors after reopening");
    bench.ensure({.dimension = 4});
    const auto info = value_of(bench.index().describe(bench.collection()), "describe");
    expect(info && info->passages == 149 && info->options.embedding_model == "m", "the collection was not remembered");
}

void many_write_and_read_at_once(Bench& bench) {
    bench.ensure();
    constexpr int kThreads = 4, kRounds = 15, kBatch = 5;
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&, thread] {
            try {
                for (int round = 0; round < kRounds; ++round) {
                    std::vector<Passage> batch;
                    for (int i = 0; i < kBatch; ++i)
                        batch.push_back({.id = fmt::format("t{}-{:03}", thread, round * kBatch + i),
                                         .text = "common words everywhere"});
                    bench.upsert(std::move(batch));
                    // A batch is seen whole or not at all.
                    Query query{.text = "common", .limit = 1000};
                    if (bench.search(query).size() % kBatch != 0 || bench.count() % kBatch != 0) ++failures;
                }
            } catch (const Failure&) {
                ++failures;
            }
        });
    for (auto& thread : threads) thread.join();
    expect(failures == 0, "{} of the concurrent calls failed or saw half a write", failures.load());
    expect(bench.count() == kThreads * kRounds * kBatch, "{} passages after concurrent writes", bench.count());
    Model model;
    for (const auto& id : bench.scroll()) model[id] = {.id = id, .text = "common words everywhere"};
    const Query query{.text = "common", .limit = 1000};
    expect_hits(bench.search(query), expected_text(model, query), 1000, "statistics after concurrent writes");
}

namespace {

// One random change of both the index and the model.
void change(Bench& bench, Model& model, const WorkspaceId& workspace, std::mt19937_64& random) {
    const auto id = [&] { return fmt::format("p{:04}", random() % 80); };
    const auto kind = random() % 10;
    if (kind < 6) {
        std::vector<Passage> passages;
        for (std::uint64_t i = 0, size = 1 + random() % 12; i < size; ++i)
            passages.push_back(random_passage(random(), id(), 6));
        for (const auto& passage : passages) model[passage.id] = passage;
        bench.upsert(std::move(passages), workspace);
    } else if (kind < 9) {
        std::vector<std::string> ids;
        for (std::uint64_t i = 0, size = 1 + random() % 8; i < size; ++i) ids.push_back(id());
        std::size_t erased = 0;
        for (const auto& one : ids) erased += model.erase(one);
        expect(bench.erase(ids, workspace) == erased, "erase of {} answered wrong", listed(ids));
    } else {
        const auto filters = many_filters();
        const auto& filter = filters[1 + random() % (filters.size() - 1)];
        const auto ids = matching_ids(model, filter);
        for (const auto& one : ids) model.erase(one);
        expect(bench.erase_where(filter, workspace) == ids.size(), "erase_where answered wrong");
    }
}

void compare(Bench& bench, const Model& model, const WorkspaceId& workspace, std::mt19937_64& random) {
    const auto filters = many_filters();
    const auto& filter = filters[random() % filters.size()];
    expect(bench.scroll(filter, 1 + random() % 50, workspace) == matching_ids(model, filter),
           "scroll differs from the model");
    expect(bench.count(filter, workspace) == matching_ids(model, filter).size(), "count differs from the model");
    Query query{.text = random_text(random(), 1 + random() % 4), .filter = filter, .limit = 1 + random() % 60};
    expect_hits(bench.search(query, workspace), expected_text(model, query), query.limit, "random text search");
    query.text.clear();
    query.vector = random_vector(random(), 6);
    expect_hits(bench.search(query, workspace), expected_vector(model, query, Metric::cosine), query.limit,
                "random vector search");
}

}  // namespace

void random_operations_match_a_model(Bench& bench) {
    constexpr std::uint64_t kSeed = 20'261'121;
    std::mt19937_64 random(kSeed);
    bench.ensure({.dimension = 6});
    std::map<std::string, Model> models;
    try {
        for (int step = 0; step < 250; ++step) {
            const auto& workspace = random() % 3 ? kFirst : kSecond;
            change(bench, models[workspace.value], workspace, random);
            if (step % 3 == 0) compare(bench, models[kFirst.value], kFirst, random);
            if (step % 7 == 0) compare(bench, models[kSecond.value], kSecond, random);
            if (step == 120) bench.reopen();
        }
    } catch (const Failure& failure) {
        throw Failure{fmt::format("{} (seed {})", failure.text, kSeed)};
    }
}

}  // namespace slipway::store::conformance
