// "store": "index". Fills an empty collection with "passages" of "dimension" through the port, then asks for neighbours
// with and without a filter, and says how many of the true ten are among the ten found. "kind": "embedded" ("file"),
// "postgres" ("url", "owner_url"), "opensearch" or "qdrant" ("url").
//
// Vectors come from a seed and lie around centres, as those of texts do; what is near is computed from all of them
// while they are made, so nothing but the index keeps them. Prints {"passages", "dimension", "load seconds", "load
// cpu", "recall", "recall filtered", and the report of load.h for one search after the other}.
#include <algorithm>
#include <cmath>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "load.h"
#include "store/database/postgres/postgres.h"
#include "store/index/embedded.h"
#include "store/index/opensearch.h"
#include "store/index/pgvector.h"
#include "store/index/qdrant.h"

namespace slipway::bench {
namespace {

using store::Vector;

constexpr std::int64_t kPassagesMax = 10'000'000, kDimensionMax = 4096;
constexpr std::size_t kBatch = 500, kQueries = 50, kWanted = 10;
constexpr std::size_t kGroups = 50;  // a filter leaves one of so many
constexpr float kSpread = 0.6F;      // around a centre of length 1
const std::string kCollection = "bench";
const WorkspaceId kWorkspace{"one"};

void scale_to_one(Vector& vector) {
    double sum = 0;
    for (const auto value : vector) sum += static_cast<double>(value) * value;
    const auto factor = static_cast<float>(1 / std::sqrt(sum));
    for (auto& value : vector) value *= factor;
}

Vector random_direction(std::uint64_t seed, std::size_t dimension) {
    std::mt19937_64 random(seed * 2 + 1);
    std::normal_distribution<float> normal;
    Vector vector(dimension);
    for (auto& value : vector) value = normal(random);
    scale_to_one(vector);
    return vector;
}

class Corpus {
 public:
    Corpus(std::size_t passages, std::size_t dimension) : dimension_(dimension) {
        const auto centres = static_cast<std::size_t>(std::sqrt(static_cast<double>(passages)));
        for (std::size_t i = 0; i < centres; ++i) centres_.push_back(random_direction(i, dimension));
        // Numbers that no passage has.
        for (std::size_t i = 0; i < kQueries; ++i) queries_.push_back(vector_of(passages + i));
    }

    store::Passage passage(std::size_t number) {
        store::Passage passage;
        passage.id = fmt::format("passage-{:08}", number);
        passage.name_space = "general";
        passage.text =
            fmt::format("Passage {} tells of subject {} and of matter {}.", number, number % 997, number % 31);
        passage.metadata["group"] = static_cast<std::int64_t>(number % kGroups);
        passage.vector = vector_of(number);
        for (std::size_t i = 0; i < kQueries; ++i) {
            const auto near = nearness(queries_[i], *passage.vector);
            keep(nearest_[i], near, passage.id);
            if (number % kGroups == i % kGroups) keep(nearest_in_group_[i], near, passage.id);
        }
        return passage;
    }

    store::Query query(std::size_t turn, bool filtered) const {
        store::Query query;
        query.vector = queries_[turn % kQueries];
        query.limit = kWanted;
        if (filtered) query.filter = store::Filter::equal("group", static_cast<std::int64_t>(turn % kGroups));
        return query;
    }

    // Of the true ones, how many are there: 0 to 1.
    double share_found(std::size_t query, bool filtered, const std::vector<store::Hit>& hits) const {
        const auto& nearest = filtered ? nearest_in_group_[query] : nearest_[query];
        const auto found = std::ranges::count_if(nearest, [&](const Near& near) {
            return std::ranges::any_of(hits, [&](const store::Hit& hit) { return hit.passage.id == near.id; });
        });
        return nearest.empty() ? 1 : static_cast<double>(found) / static_cast<double>(nearest.size());
    }

 private:
    struct Near {
        float nearness;
        std::string id;
    };
    using Nearest = std::vector<Near>;  // best first

    Vector vector_of(std::size_t number) const {
        auto vector = random_direction(1'000'003 + number, dimension_);
        const auto& centre = centres_[number * 7919 % centres_.size()];
        for (std::size_t i = 0; i < dimension_; ++i) vector[i] = centre[i] + kSpread * vector[i];
        scale_to_one(vector);
        return vector;
    }

    static float nearness(const Vector& one, const Vector& other) {
        float sum = 0;
        for (std::size_t i = 0; i < one.size(); ++i) sum += one[i] * other[i];
        return sum;
    }

    static void keep(Nearest& nearest, float nearness, const std::string& id) {
        if (nearest.size() == kWanted && nearest.back().nearness >= nearness) return;
        const auto place = std::ranges::upper_bound(nearest, nearness, std::greater(), &Near::nearness);
        nearest.insert(place, Near{nearness, id});
        if (nearest.size() > kWanted) nearest.pop_back();
    }

    std::size_t dimension_;
    std::vector<Vector> centres_, queries_;
    std::array<Nearest, kQueries> nearest_, nearest_in_group_;
};

struct Filling {
    store::Index& index;
    Corpus& corpus;
    std::size_t passages, begun = 0, done = 0;
    std::optional<Error> failure = {};
};

asio::awaitable<void> fill(Filling& filling) {
    while (filling.begun < filling.passages && !filling.failure) {
        std::vector<store::Passage> batch;
        while (filling.begun < filling.passages && batch.size() < kBatch)
            batch.push_back(filling.corpus.passage(filling.begun++));
        const auto count = batch.size();
        const auto done = co_await filling.index.upsert(kWorkspace, kCollection, std::move(batch));
        if (!done && !filling.failure) filling.failure = done.error();
        const auto before = std::exchange(filling.done, filling.done + count);
        if (before / 50'000 != filling.done / 50'000) std::fprintf(stderr, "%zu passages\n", filling.done);
    }
}

Result<std::unique_ptr<store::Index>> open_postgres_index(const json::object& settings) {
    store::PostgresOptions options;
    options.url = text_or(settings, "url");
    options.owner_url = text_or(settings, "owner_url");
    const auto above = store::pgvector_tables_above_workspaces();
    options.above_workspaces.assign(above.begin(), above.end());
    SLIPWAY_TRY(auto database, store::open_postgres(std::move(options)));
    SLIPWAY_CHECK(store::migrate_pgvector(*database));
    return store::open_pgvector(std::move(database));
}

Result<std::unique_ptr<store::Index>> open_index(const json::object& settings) {
    const auto kind = text_or(settings, "kind"), url = text_or(settings, "url");
    if (kind == "embedded") return store::open_embedded(text_or(settings, "file"));
    if (kind == "postgres") return open_postgres_index(settings);
    if (kind == "opensearch") {
        SLIPWAY_TRY(auto options, store::opensearch_options(url));
        return store::open_opensearch(std::move(options));
    }
    if (kind == "qdrant") {
        SLIPWAY_TRY(auto options, store::qdrant_options(url));
        return store::open_qdrant(std::move(options));
    }
    return fail(ErrorCode::invalid, "There is no index of the kind \"{}\".", kind);
}

Task<double> recall(store::Index& index, const Corpus& corpus, bool filtered) {
    double sum = 0;
    for (std::size_t i = 0; i < kQueries; ++i) {
        auto query = corpus.query(i, filtered);
        SLIPWAY_CO_TRY(const auto hits, co_await index.search(kWorkspace, kCollection, std::move(query)));
        sum += corpus.share_found(i, filtered, hits);
    }
    co_return sum / kQueries;
}

Result<json::object> fill_and_ask(asio::io_context& loop, const Load& load, store::Index& index, Filling filling) {
    const auto began = std::chrono::steady_clock::now();
    const auto cpu = cpu_seconds();
    for (std::size_t i = 0; i < load.concurrency; ++i) asio::co_spawn(loop, fill(filling), asio::detached);
    loop.run();
    if (filling.failure) return std::unexpected(*std::move(filling.failure));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
    const auto load_cpu = cpu_seconds() - cpu;
    SLIPWAY_TRY(const auto recalled, run_to_end(recall(index, filling.corpus, false)));
    SLIPWAY_TRY(const auto recalled_filtered, run_to_end(recall(index, filling.corpus, true)));
    const Operation search = [&](std::uint64_t turn) -> Task<void> {
        auto query = filling.corpus.query(turn, false);
        SLIPWAY_CO_CHECK(co_await index.search(kWorkspace, kCollection, std::move(query)));
        co_return Result<void>();
    };
    SLIPWAY_TRY(auto report, run_load(loop, Load{.warm_up = load.warm_up, .duration = load.duration}, search));
    SLIPWAY_TRY(const auto count, run_to_end(index.count(kWorkspace, kCollection, {})));
    report["passages"] = count;
    report["load seconds"] = taken.count();
    report["load cpu"] = load_cpu;
    report["recall"] = recalled;
    report["recall filtered"] = recalled_filtered;
    return report;
}

}  // namespace

Result<json::object> bench_index(const json::object& settings) {
    const auto passages = integer_or(settings, "passages", 10'000), dimension = integer_or(settings, "dimension", 384);
    if (passages < 1 || passages > kPassagesMax || dimension < 1 || dimension > kDimensionMax)
        return fail(ErrorCode::invalid, "1 to {} passages of 1 to {} dimensions.", kPassagesMax, kDimensionMax);
    SLIPWAY_TRY(const auto load, load_of(settings));
    SLIPWAY_TRY(const auto index, open_index(settings));
    const store::CollectionOptions options{.dimension = static_cast<std::size_t>(dimension),
                                           .embedding_model = "bench"};
    SLIPWAY_CHECK(run_to_end(index->ensure(kCollection, options)));
    Corpus corpus(static_cast<std::size_t>(passages), options.dimension);
    asio::io_context loop;
    SLIPWAY_TRY(auto report,
                fill_and_ask(loop, load, *index, Filling{*index, corpus, static_cast<std::size_t>(passages)}));
    report["dimension"] = dimension;
    return report;
}

}  // namespace slipway::bench
