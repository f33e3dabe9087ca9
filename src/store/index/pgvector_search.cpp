#include "store/index/pgvector_search.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "store/index/pgvector_graph.h"
#include "store/index/pgvector_sql.h"
#include "store/index/pgvector_text.h"
#include "store/index/pgvector_write.h"
#include "store/index/remote_hits.h"
#include "store/index/vector.h"

namespace slipway::store::pgvector {
namespace {

constexpr std::size_t kBreadthMin = 200, kBreadthMax = 1'000;  // of a walk through the graph
constexpr std::size_t kNearFactor = 2;                         // candidates by half precision for each that is wanted
constexpr std::size_t kCandidatesMin = 32, kCandidatesGrowth = 4, kCandidatesMax = 20'000;
constexpr std::uint64_t kContentBytesAtOnce = 16 << 20;
constexpr std::size_t kListedMax = 5'000;
constexpr std::size_t kRowsAtOnce = 1'000;

std::string_view distance_of(const CollectionOptions& options) {
    return options.metric == Metric::euclid ? "<->" : "<#>";
}

// Nearness, larger is nearer, and never NaN: PostgreSQL's sums of large numbers may be infinite.
double nearness_of(double distance) {
    constexpr double kMost = std::numeric_limits<float>::max();
    if (std::isnan(distance)) return -kMost;
    return std::clamp(-distance, -kMost, kMost);
}

// Of the workspace.
struct Vectors {
    std::uint64_t count = 0;
    std::uint64_t settled = 0;  // up to this number of a passage they are in the graph
};

// Vectors that a filter lets through.
struct Matching {
    std::uint64_t count = 0;
    std::optional<std::string> numbers;  // all of them, as an array, when they are few
};

class Search {
 public:
    Search(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace, const Query& query)
        : asking_(asking),
          collection_(collection),
          generation_(generation_of(collection)),
          workspace_(workspace),
          query_(query),
          legs_(query),
          filtered_(!lets_all_pass(query.filter)),
          exact_max_(exact_max(asking.options, collection.options)) {}

    Task<std::vector<Hit>> run();

 private:
    Task<std::vector<Hit>> text_leg();
    Task<void> take_candidates(std::span<const Ranked> candidates, std::vector<Hit>& hits);
    Task<std::vector<Hit>> vector_leg();
    Task<Vectors> vectors_there();
    Task<Matching> count_matching_vectors();
    Task<Rows> exact(const std::string& vector, const std::optional<std::string>& numbers);
    Task<Rows> near(const std::string& vector, std::uint64_t settled);
    std::vector<Hit> hits_of(const Rows& rows);
    Hit hit_of(const Row& row, double score);
    Task<void> complete(std::vector<Hit>& hits);

    const Asking& asking_;
    const RemoteCollection& collection_;
    const std::int64_t generation_;
    const WorkspaceId& workspace_;
    const Query& query_;
    Legs legs_;
    bool filtered_;
    std::size_t exact_max_;
    ScoredText text_;
    std::map<std::string, Found> found_;  // by id
};

Hit Search::hit_of(const Row& row, double score) {
    Hit hit;
    hit.passage.id = row.text("id");
    hit.score = score;
    found_[hit.passage.id] = {static_cast<std::uint64_t>(row.integer("number")), hit.passage.id,
                              static_cast<std::uint64_t>(row.integer("bytes"))};
    return hit;
}

// Those of the candidates that are still there and match.
Task<void> Search::take_candidates(std::span<const Ranked> candidates, std::vector<Hit>& hits) {
    std::map<std::uint64_t, double> scores;
    ArrayText numbers;
    for (const auto& candidate : candidates) {
        scores[candidate.number] = candidate.score;
        numbers.add(static_cast<std::int64_t>(candidate.number));
    }
    Parameters parameters{generation_, numbers.take()};
    auto sql = fmt::format(
        "SELECT number, id, octet_length(content) AS bytes FROM index_passage WHERE collection = $1 AND workspace = "
        "$workspace AND number = ANY($2::bigint[]) AND {}",
        condition_of(query_.filter, parameters));
    SLIPWAY_CO_TRY(const auto rows, co_await asking_.database.read(workspace_, std::move(sql), std::move(parameters)));
    for (const auto row : rows) {
        auto hit = hit_of(row, scores.at(static_cast<std::uint64_t>(row.integer("number"))));
        hit.text_score = hit.score;
        hits.push_back(std::move(hit));
    }
    co_return Result<void>();
}

// Best first, until enough match; a few more, so that of equal scores at the end the smaller ids are taken.
Task<std::vector<Hit>> Search::text_leg() {
    auto terms = query_terms(query_, collection_.options.language);
    if (terms.empty()) co_return std::vector<Hit>();
    SLIPWAY_CO_TRY(text_,
                   co_await score_text(asking_.database, asking_.pool, workspace_, generation_, std::move(terms)));
    Ranking ranking(std::move(text_.passages));
    std::vector<Hit> hits;
    auto at_once = legs_.depth + kCandidatesMin;
    for (;;) {
        std::vector<Ranked> candidates;
        while (candidates.size() < at_once) {
            const auto candidate = ranking.next();
            if (!candidate) break;
            candidates.push_back(*candidate);
        }
        if (candidates.empty()) break;
        SLIPWAY_CO_CHECK(co_await take_candidates(candidates, hits));
        if (hits.size() >= legs_.depth) break;
        at_once = std::min(at_once * kCandidatesGrowth, kCandidatesMax);
    }
    sort_hits(hits);
    if (hits.size() > legs_.depth) hits.resize(legs_.depth);
    co_return hits;
}

Task<Vectors> Search::vectors_there() {
    Parameters parameters{generation_};
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await asking_.database.read(
            workspace_,
            "SELECT coalesce(s.vectors, 0) AS vectors, coalesce(s.settled, 0) AS settled FROM index_collection c LEFT "
            "JOIN index_space s ON "
            "s.collection = c.number AND s.workspace = $workspace WHERE c.number = $1 AND c.name IS NOT NULL",
            std::move(parameters)));
    if (rows.empty()) co_return collection_is_gone();
    const auto row = rows.front();
    co_return Vectors{static_cast<std::uint64_t>(row.integer("vectors")),
                      static_cast<std::uint64_t>(row.integer("settled"))};
}

// No further than it matters. Few are listed, where these are all, so that their rows need not be looked for again:
// what a number stands for never changes.
Task<Matching> Search::count_matching_vectors() {
    Parameters parameters{generation_, std::max(exact_max_, legs_.depth) + 1};
    auto sql = fmt::format(
        "SELECT count(*) AS n, CASE WHEN count(*) <= {} THEN array_agg(number)::text END AS numbers FROM (SELECT "
        "number FROM index_passage WHERE collection = $1 AND workspace = $workspace AND embedding IS NOT NULL AND {} "
        "LIMIT $2) m",
        std::min(kListedMax, exact_max_), condition_of(query_.filter, parameters));
    SLIPWAY_CO_TRY(const auto rows, co_await asking_.database.read(workspace_, std::move(sql), std::move(parameters)));
    co_return Matching{static_cast<std::uint64_t>(rows.front().integer("n")), rows.front().optional_text("numbers")};
}

Task<Rows> Search::exact(const std::string& vector, const std::optional<std::string>& numbers) {
    Parameters parameters{generation_, vector, legs_.depth};
    if (numbers) parameters.emplace_back(*numbers);
    const auto condition =
        numbers ? std::string("number = ANY($4::bigint[])") : condition_of(query_.filter, parameters);
    auto sql = fmt::format(
        "SELECT number, id, octet_length(content) AS bytes, embedding {0} $2::vector AS distance FROM index_passage "
        "WHERE collection = $1 AND workspace = $workspace AND embedding IS NOT NULL AND {1} ORDER BY embedding {0} "
        "$2::vector, id LIMIT $3",
        distance_of(collection_.options), condition);
    co_return co_await asking_.database.read(workspace_, std::move(sql), std::move(parameters));
}

Task<void> walk(Transaction& transaction, const std::string& settings, const std::string& sql,
                const Parameters& parameters, Rows& rows) {
    SLIPWAY_CO_CHECK(co_await transaction.execute(settings));
    SLIPWAY_CO_TRY(rows, co_await transaction.execute(sql, parameters));
    co_return Result<void>();
}

Task<Rows> Search::near(const std::string& vector, std::uint64_t settled) {
    const NearWanted wanted{legs_.depth * kNearFactor, legs_.depth, settled};
    Parameters parameters{vector};
    const auto sql = near_sql(collection_, query_.filter, wanted, parameters);
    const auto settings = near_settings(wanted.candidates, asking_.options);
    Rows rows;
    const Database::Body body = [&](Transaction& transaction) {
        return walk(transaction, settings, sql, parameters, rows);
    };
    SLIPWAY_CO_CHECK(co_await asking_.database.transact(workspace_, body));
    co_return rows;
}

std::vector<Hit> Search::hits_of(const Rows& rows) {
    std::vector<Hit> hits;
    for (const auto row : rows) {
        auto hit = hit_of(row, nearness_of(row.number("distance")));
        hit.vector_score = hit.score;
        hits.push_back(std::move(hit));
    }
    sort_hits(hits);
    return hits;
}

Task<std::vector<Hit>> Search::vector_leg() {
    SLIPWAY_CO_TRY(const auto there, co_await vectors_there());
    if (there.count == 0) co_return std::vector<Hit>();
    const auto vector = vector_text(prepared_vector(collection_.options.metric, *query_.vector));
    const bool many = there.count > exact_max_ && has_graph(collection_.options);
    Matching matching{there.count, {}};
    if (many && filtered_) {
        SLIPWAY_CO_TRY(matching, co_await count_matching_vectors());
    }
    if (matching.count == 0) co_return std::vector<Hit>();
    if (many && matching.count > exact_max_) {
        SLIPWAY_CO_TRY(const auto rows, co_await near(vector, there.settled));
        if (rows.size() >= std::min<std::uint64_t>(matching.count, legs_.depth)) co_return hits_of(rows);
    }
    SLIPWAY_CO_TRY(const auto rows, co_await exact(vector, matching.numbers));
    co_return hits_of(rows);
}

// Of those that remain; what was erased meanwhile is left out.
Task<void> Search::complete(std::vector<Hit>& hits) {
    std::vector<Found> wanted;
    for (const auto& hit : hits) wanted.push_back(found_.at(hit.passage.id));
    for (std::size_t i = 0; i < hits.size(); ++i)
        if (hits[i].text_score) hits[i].terms = explain(text_.terms, text_.statistics, wanted[i].number);
    if (query_.only_ids) co_return Result<void>();
    SLIPWAY_CO_TRY(auto passages, co_await read_passages(asking_.database, workspace_, generation_, wanted));
    std::vector<Hit> complete;
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const auto passage = passages.find(wanted[i].number);
        if (passage == passages.end()) continue;
        hits[i].passage = std::move(passage->second);
        complete.push_back(std::move(hits[i]));
    }
    hits = std::move(complete);
    co_return Result<void>();
}

Task<std::vector<Hit>> Search::run() {
    auto text = text_leg();
    auto vector = vector_leg();
    SLIPWAY_CO_TRY(auto found, co_await ask_legs(legs_, query_, std::move(text), std::move(vector)));
    SLIPWAY_CO_CHECK(co_await complete(found));
    co_return found;
}

}  // namespace

Task<std::vector<Hit>> search(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace,
                              const Query& query) {
    Search one(asking, collection, workspace, query);
    co_return co_await one.run();
}

// The number of the collection stands in the text, or no plan could use the index over its rows alone.
std::string near_sql(const RemoteCollection& collection, const Filter& filter, NearWanted wanted,
                     Parameters& parameters) {
    const auto& options = collection.options;
    const auto type = options.metric == Metric::cosine ? "halfvec" : "vector";
    const auto condition = condition_of(filter, parameters);
    parameters.emplace_back(wanted.settled);
    return fmt::format(
        "WITH walked AS MATERIALIZED (SELECT number, id, content, embedding FROM index_passage WHERE workspace = "
        "$workspace AND collection = {0} AND near AND {1} ORDER BY embedding::{2}({3}) {4} $1::vector::{2}({3}) LIMIT "
        "{5}) SELECT number, id, bytes, distance FROM ((SELECT number, id, octet_length(content) AS bytes, embedding "
        "{4} $1::vector AS distance "
        "FROM walked ORDER BY embedding {4} $1::vector, id LIMIT {6}) UNION ALL (SELECT number, id, "
        "octet_length(content) AS bytes, embedding {4} $1::vector AS distance FROM index_passage WHERE workspace = "
        "$workspace AND collection = {0} AND number > ${7} AND NOT near AND embedding IS NOT NULL AND {1} ORDER BY "
        "embedding {4} $1::vector, id LIMIT {6})) n ORDER BY distance, id LIMIT {6}",
        generation_of(collection), condition, type, options.dimension, distance_of(options), wanted.candidates,
        wanted.depth, parameters.size());
}

// Sorting is turned off as a way to the nearest: how many match has been counted, and they are too many for it.
std::string near_settings(std::size_t wanted, const PgvectorOptions& options) {
    return fmt::format(
        "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', '{}', true), "
        "set_config('hnsw.max_scan_tuples', '{}', true), set_config('hnsw.scan_mem_multiplier', '4', true), "
        "set_config('enable_sort', 'off', true)",
        std::clamp(wanted, kBreadthMin, kBreadthMax), options.scan_tuples_max);
}

Task<std::map<std::uint64_t, Passage>> read_passages(Database& database, const WorkspaceId& workspace,
                                                     std::int64_t generation, std::span<const Found> found) {
    std::map<std::uint64_t, Passage> passages;
    while (!found.empty()) {
        ArrayText numbers;
        std::uint64_t bytes = 0;
        std::size_t count = 0;
        while (count < std::min(found.size(), kRowsAtOnce) && (count == 0 || bytes < kContentBytesAtOnce)) {
            numbers.add(static_cast<std::int64_t>(found[count].number));
            bytes += found[count++].bytes;
        }
        Parameters parameters{generation, numbers.take()};
        SLIPWAY_CO_TRY(const auto rows,
                       co_await database.read(workspace,
                                              "SELECT number, id, namespace, content FROM index_passage WHERE "
                                              "collection = $1 AND workspace = $workspace AND number = "
                                              "ANY($2::bigint[])",
                                              std::move(parameters)));
        for (const auto row : rows) {
            SLIPWAY_CO_TRY(auto passage, passage_of(row.text("id"), row.text("namespace"), row.text("content")));
            passages.emplace(static_cast<std::uint64_t>(row.integer("number")), std::move(passage));
        }
        found = found.subspan(count);
    }
    co_return passages;
}

}  // namespace slipway::store::pgvector
