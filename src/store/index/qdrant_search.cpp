#include "store/index/qdrant_search.h"

#include <algorithm>

#include "store/index/qdrant_point.h"
#include "store/index/remote_hits.h"
#include "store/index/vector.h"

namespace slipway::store::qdrant {
namespace {

constexpr int kQuerySince = 10;
constexpr std::size_t kBreadthMin = 128;  // of a walk through the graph
constexpr std::size_t kCandidatesMin = 32, kCandidatesGrowth = 4;

struct Point {
    double score = 0;
    const json::object* payload = nullptr;
};

using Fields = std::span<const std::string_view>;
constexpr std::string_view kId[] = {"passage"};
constexpr std::string_view kIdAndWords[] = {"passage", "words", "counts"};
constexpr std::string_view kWhole[] = {"passage", "namespace", "page_content", "metadata"};

json::array payload_of(Fields fields) {
    json::array names;
    for (const auto field : fields) names.emplace_back(field);
    return names;
}

// What is asked for by nearness: a dense vector, or a sparse one.
struct Nearest {
    json::value vector;
    bool sparse = false;
    std::size_t limit = 0;
    bool exact = false;
    Fields fields;
};

class Search {
 public:
    Search(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace, const Query& query)
        : asking_(asking), collection_(collection), workspace_(workspace), query_(query), legs_(query) {}

    Task<std::vector<Hit>> run();

 private:
    Task<std::vector<Hit>> text_leg();
    Task<std::vector<Hit>> vector_leg();
    Task<RemoteAnswer> nearest(const Nearest& wanted);
    Result<std::vector<Point>> points_of(const RemoteAnswer& answer) const;
    Result<std::vector<Hit>> rank(const std::vector<Point>& points) const;
    json::object sparse_query() const;
    Task<std::vector<Hit>> near(const Vector& vector, bool exact);
    Task<void> read_passages(std::vector<Hit>& hits);

    const Asking& asking_;
    const RemoteCollection& collection_;
    const WorkspaceId& workspace_;
    const Query& query_;
    Legs legs_;
    Statistics statistics_;
};

std::string body_before_queries(const Nearest& wanted, json::object filter, json::object parameters) {
    json::object body{{"filter", std::move(filter)},
                      {"limit", wanted.limit},
                      {"params", std::move(parameters)},
                      {"with_payload", payload_of(wanted.fields)}};
    if (wanted.sparse)
        body["vector"] = json::object{{"name", kSparse}, {"vector", wanted.vector}};
    else
        body["vector"] = wanted.vector;
    return write_json(body);
}

Task<RemoteAnswer> Search::nearest(const Nearest& wanted) {
    json::object parameters;
    if (wanted.exact)
        parameters["exact"] = true;
    else if (!wanted.sparse)
        parameters["hnsw_ef"] = std::max(kBreadthMin, wanted.limit * 2);
    auto filter = matching(workspace_, query_.filter);
    if (!wanted.sparse) require(filter, any_of("facts", std::vector<std::string>{kHasVector}));
    if (!asking_.version.has(kQuerySince)) {
        auto body = body_before_queries(wanted, std::move(filter), std::move(parameters));
        co_return co_await ask(asking_.client, collection_, "/points/search", net::Method::post, std::move(body),
                               asking_.options.read_time_max);
    }
    json::object body{{"query", wanted.vector},
                      {"filter", std::move(filter)},
                      {"limit", wanted.limit},
                      {"params", std::move(parameters)},
                      {"with_payload", payload_of(wanted.fields)}};
    if (wanted.sparse) body["using"] = kSparse;
    co_return co_await ask(asking_.client, collection_, "/points/query", net::Method::post, write_json(body),
                           asking_.options.read_time_max);
}

Result<std::vector<Point>> Search::points_of(const RemoteAnswer& answer) const {
    const auto* points =
        asking_.version.has(kQuerySince) ? array_in(result_of(answer), "points") : array_in(answer.object(), "result");
    if (!points) return fail(ErrorCode::upstream, "Qdrant answered a search without points.");
    std::vector<Point> found;
    for (const auto& point : *points) {
        const auto* payload = point.is_object() ? object_in(point.get_object(), "payload") : nullptr;
        if (!payload) return fail(ErrorCode::upstream, "Qdrant answered a point without its payload.");
        found.push_back({number_or(point.get_object(), "score", 0), payload});
    }
    return found;
}

json::object Search::sparse_query() const {
    std::map<std::uint32_t, double> weights;
    for (const auto& term : statistics_.terms) {
        const TermScorer scorer(term.query.weight, term.passages, statistics_.text);
        // What a scorer answers for a value of 1.
        weights[sparse_index(term.word)] += scorer(1, 0) / sparse_value(1, 0);
    }
    json::array indices, values;
    for (const auto& [index, weight] : weights) {
        indices.emplace_back(index);
        values.emplace_back(weight);
    }
    return {{"indices", std::move(indices)}, {"values", std::move(values)}};
}

Result<std::vector<Hit>> Search::rank(const std::vector<Point>& points) const {
    std::vector<Hit> hits;
    for (const auto& point : points) {
        Hit hit;
        hit.terms = explain_words(statistics_.terms, statistics_.text, read_words(*point.payload));
        if (hit.terms.empty()) continue;  // another word with the same index
        for (const auto& term : hit.terms) hit.score += term.score;
        hit.text_score = hit.score;
        SLIPWAY_TRY(hit.passage, read_passage(*point.payload));
        hits.push_back(std::move(hit));
    }
    sort_hits(hits);
    return hits;
}

Task<std::vector<Hit>> Search::text_leg() {
    auto terms = query_terms(query_, collection_.options.language);
    if (terms.empty()) co_return std::vector<Hit>();
    SLIPWAY_CO_TRY(statistics_, co_await read_statistics(asking_, collection_, workspace_, std::move(terms)));
    if (statistics_.terms.empty()) co_return std::vector<Hit>();
    Nearest wanted{sparse_query(), true, legs_.depth * 2 + kCandidatesMin, false, kIdAndWords};
    for (;;) {
        SLIPWAY_CO_TRY(const auto answer, co_await nearest(wanted));
        SLIPWAY_CO_TRY(const auto points, points_of(answer));
        SLIPWAY_CO_TRY(auto hits, rank(points));
        const bool all = points.size() < wanted.limit || wanted.limit >= asking_.options.candidates_max;
        const bool enough = hits.size() >= legs_.depth &&
                            hits[legs_.depth - 1].score >= points.back().score * sparse_slack(statistics_.text);
        if (all || enough) {
            if (hits.size() > legs_.depth) hits.resize(legs_.depth);
            co_return hits;
        }
        wanted.limit = std::min(wanted.limit * kCandidatesGrowth, asking_.options.candidates_max);
    }
}

Task<std::vector<Hit>> Search::near(const Vector& vector, bool exact) {
    const Fields fields = legs_.both || query_.only_ids ? Fields(kId) : Fields(kWhole);
    const Nearest wanted{json::array(vector.begin(), vector.end()), false, legs_.depth, exact, fields};
    SLIPWAY_CO_TRY(const auto answer, co_await nearest(wanted));
    SLIPWAY_CO_TRY(const auto points, points_of(answer));
    std::vector<Hit> hits;
    for (const auto& point : points) {
        Hit hit;
        SLIPWAY_CO_TRY(hit.passage, read_passage(*point.payload));
        hit.score = collection_.options.metric == Metric::euclid ? -point.score : point.score;
        hit.vector_score = hit.score;
        hits.push_back(std::move(hit));
    }
    sort_hits(hits);
    co_return hits;
}

Task<std::vector<Hit>> Search::vector_leg() {
    const auto vector = prepared_vector(collection_.options.metric, *query_.vector);
    auto with_vector = matching(workspace_, query_.filter);
    require(with_vector, any_of("facts", std::vector<std::string>{kHasVector}));
    SLIPWAY_CO_TRY(const auto there, co_await count(asking_, collection_, std::move(with_vector)));
    if (there == 0) co_return std::vector<Hit>();
    const bool few = there <= asking_.options.exact_max;
    SLIPWAY_CO_TRY(auto hits, co_await near(vector, few));
    if (few || hits.size() >= std::min<std::uint64_t>(there, legs_.depth)) co_return hits;
    co_return co_await near(vector, true);
}

// Of those that remain; what was erased meanwhile is left out.
Task<void> Search::read_passages(std::vector<Hit>& hits) {
    if (hits.empty()) co_return Result<void>();
    json::object body{{"with_payload", payload_of(kWhole)}, {"with_vector", false}};
    auto& ids = body["ids"].emplace_array();
    for (const auto& hit : hits) ids.emplace_back(point_id(workspace_, hit.passage.id));
    SLIPWAY_CO_TRY(const auto answer, co_await ask(asking_.client, collection_, "/points", net::Method::post,
                                                   write_json(body), asking_.options.read_time_max));
    const auto* points = array_in(answer.object(), "result");
    if (!points) co_return fail(ErrorCode::upstream, "Qdrant answered no points.");
    std::map<std::string, Passage> read;
    for (const auto& point : *points) {
        const auto* payload = point.is_object() ? object_in(point.get_object(), "payload") : nullptr;
        SLIPWAY_CO_TRY(auto passage, read_passage(payload ? *payload : json::object()));
        read.emplace(passage.id, std::move(passage));
    }
    std::erase_if(hits, [&](const Hit& hit) { return !read.contains(hit.passage.id); });
    for (auto& hit : hits) hit.passage = std::move(read.at(hit.passage.id));
    co_return Result<void>();
}

Task<std::vector<Hit>> Search::run() {
    auto text = text_leg();
    auto vector = vector_leg();
    SLIPWAY_CO_TRY(auto found, co_await ask_legs(legs_, query_, std::move(text), std::move(vector)));
    const bool only_vector = !legs_.both && legs_.vector;
    if (!only_vector && !query_.only_ids) {
        SLIPWAY_CO_CHECK(co_await read_passages(found));
    }
    co_return found;
}

}  // namespace

Task<std::vector<Hit>> search(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace,
                              const Query& query) {
    Search one(asking, collection, workspace, query);
    co_return co_await one.run();
}

}  // namespace slipway::store::qdrant
