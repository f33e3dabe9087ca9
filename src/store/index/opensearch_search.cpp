#include "store/index/opensearch_search.h"

#include <algorithm>

#include "store/index/opensearch_query.h"
#include "store/index/remote_hits.h"
#include "store/index/validation.h"
#include "store/index/vector.h"

namespace slipway::store::opensearch {
namespace {

constexpr std::size_t kBreadthMin = 100;  // of a walk through the graph, in each of its segments

class Search {
 public:
    Search(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
           const WorkspaceId& workspace, const Query& query)
        : client_(client),
          options_(options),
          collection_(collection),
          workspace_(workspace),
          query_(query),
          legs_(query) {}

    Task<std::vector<Hit>> run();

 private:
    Task<std::vector<Hit>> text_leg();
    Task<std::vector<Hit>> vector_leg();
    Task<std::vector<Hit>> hits(json::object query);
    Task<void> read_passages(std::vector<Hit>& hits);
    Result<Hit> read_hit(const json::object& source, double score) const;
    void explain(Hit& hit, const json::object& source) const;
    std::span<const std::string_view> fields() const;

    RemoteClient& client_;
    const OpenSearchOptions& options_;
    const RemoteCollection& collection_;
    const WorkspaceId& workspace_;
    const Query& query_;
    Legs legs_;
    Statistics statistics_;
    std::vector<ScoredTerm> terms_;
    std::map<std::string, std::string> documents_;  // _id of hits, by id
};

// While two legs are fused only ids are wanted: the passages of those that remain are read afterwards.
std::span<const std::string_view> Search::fields() const {
    if (legs_.both) return kIdOnly;
    if (query_.only_ids) return legs_.text ? std::span<const std::string_view>(kIdAndTerms) : kIdOnly;
    return legs_.text ? std::span<const std::string_view>(kPassageAndTerms) : kPassageFields;
}

void Search::explain(Hit& hit, const json::object& source) const {
    hit.terms = explain_words(terms_, statistics_.text, read_words(source));
    double sum = 0;
    for (const auto& term : hit.terms) sum += term.score;
    hit.text_score = sum;
}

Result<Hit> Search::read_hit(const json::object& source, double score) const {
    Hit hit;
    SLIPWAY_TRY(hit.passage, read_passage(source));
    hit.score = score;
    return hit;
}

Task<std::vector<Hit>> Search::hits(json::object query) {
    auto body = search_body(std::move(query), legs_.depth, fields());
    SLIPWAY_CO_TRY(const auto answer, co_await ask(client_, options_, collection_, "_search", std::move(body)));
    if (!answer.good()) co_return failure_of(client_, answer, "a search");
    SLIPWAY_CO_TRY(const auto found, hits_of(answer));
    std::vector<Hit> hits;
    for (const auto* one : found) {
        const auto* source = object_in(*one, "_source");
        if (!source) co_return fail(ErrorCode::upstream, "OpenSearch answered a hit without its passage.");
        SLIPWAY_CO_TRY(auto hit, read_hit(*source, number_or(*one, "_score", 0)));
        documents_[hit.passage.id] = text_or(*one, "_id");
        if (legs_.text && !legs_.both) {
            explain(hit, *source);
            hit.score = *hit.text_score;
        }
        hits.push_back(std::move(hit));
    }
    co_return hits;
}

Task<std::vector<Hit>> Search::text_leg() {
    auto terms = query_terms(query_, collection_.options.language);
    if (terms.empty()) co_return std::vector<Hit>();
    auto asked = write_json(statistics_query(workspace_, terms));
    SLIPWAY_CO_TRY(const auto answer, co_await ask(client_, options_, collection_, "_search", std::move(asked)));
    if (!answer.good()) co_return failure_of(client_, answer, "a search");
    SLIPWAY_CO_TRY(statistics_, read_statistics(answer.object(), terms.size()));
    terms_ = scored_terms(std::move(terms), statistics_.with_term, statistics_.text);
    if (terms_.empty()) co_return std::vector<Hit>();
    auto query = text_query(matching(workspace_, query_.filter), terms_, statistics_.text);
    SLIPWAY_CO_TRY(auto found, co_await hits(std::move(query)));
    for (auto& hit : found) hit.text_score = hit.score;
    co_return found;
}

Task<std::vector<Hit>> Search::vector_leg() {
    const auto metric = collection_.options.metric;
    const auto vector = prepared_vector(metric, *query_.vector);
    auto with_vector = matching(workspace_, query_.filter);
    with_vector.push_back(json::object{{"exists", json::object{{"field", "vector"}}}});
    SLIPWAY_CO_TRY(const auto there, co_await count(client_, options_, collection_, bool_filter(std::move(with_vector)),
                                                    options_.exact_max + 1));
    if (there == 0) co_return std::vector<Hit>();
    std::vector<Hit> found;
    if (there > options_.exact_max) {
        auto nearest =
            nearest_vector_query(matching(workspace_, query_.filter), vector, std::max(kBreadthMin, legs_.depth));
        SLIPWAY_CO_TRY(found, co_await hits(std::move(nearest)));
    }
    if (found.size() < std::min<std::uint64_t>(there, legs_.depth)) {
        auto exact = exact_vector_query(matching(workspace_, query_.filter), vector, metric);
        SLIPWAY_CO_TRY(found, co_await hits(std::move(exact)));
    }
    for (auto& hit : found) hit.vector_score = hit.score = nearness_of_score(metric, hit.score);
    co_return found;
}

// Those that were erased meanwhile are left out.
Task<void> Search::read_passages(std::vector<Hit>& hits) {
    if (hits.empty()) co_return Result<void>();
    json::object body;
    json::array& ids = body["ids"].emplace_array();
    for (const auto& hit : hits) ids.emplace_back(documents_[hit.passage.id]);
    const auto* const what =
        query_.only_ids ? "_mget?_source=id,terms" : "_mget?_source=id,namespace,text,metadata,terms";
    SLIPWAY_CO_TRY(const auto answer, co_await ask(client_, options_, collection_, what, write_json(body)));
    if (!answer.good()) co_return failure_of(client_, answer, "to read passages");
    const auto* documents = array_in(answer.object(), "docs");
    if (!documents || documents->size() != hits.size())
        co_return fail(ErrorCode::upstream, "OpenSearch answered other passages than those that were asked for.");
    std::vector<Hit> read;
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const auto* document = (*documents)[i].if_object();
        const auto* source = document ? object_in(*document, "_source") : nullptr;
        if (!source) continue;
        SLIPWAY_CO_TRY(hits[i].passage, read_passage(*source));
        if (hits[i].text_score) explain(hits[i], *source);
        read.push_back(std::move(hits[i]));
    }
    hits = std::move(read);
    co_return Result<void>();
}

Task<std::vector<Hit>> Search::run() {
    auto text = text_leg();
    auto vector = vector_leg();
    SLIPWAY_CO_TRY(auto found, co_await ask_legs(legs_, query_, std::move(text), std::move(vector)));
    if (legs_.both) {
        SLIPWAY_CO_CHECK(co_await read_passages(found));
    } else {
        sort_hits(found);
    }
    co_return found;
}

}  // namespace

Task<std::vector<Hit>> search(RemoteClient& client, const OpenSearchOptions& options,
                              const RemoteCollection& collection, const WorkspaceId& workspace, const Query& query) {
    Search one(client, options, collection, workspace, query);
    co_return co_await one.run();
}

Task<RemoteAnswer> ask(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
                       std::string_view what, std::string body) {
    RemoteRequest request;
    request.method = net::Method::post;
    request.path = fmt::format("/{}/{}", collection.name, what);
    request.body = std::move(body);
    request.time_max = options.read_time_max;
    co_return co_await client.call(std::move(request));
}

Task<std::uint64_t> count(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
                          json::object query, std::size_t enough) {
    json::object body;
    body["query"] = std::move(query);
    const auto what = enough > 0 ? fmt::format("_count?terminate_after={}", enough) : std::string("_count");
    SLIPWAY_CO_TRY(const auto answer, co_await ask(client, options, collection, what, write_json(body)));
    if (!answer.good()) co_return failure_of(client, answer, "to count");
    const auto found = integer_or(answer.object(), "count", -1);
    if (found < 0) co_return fail(ErrorCode::upstream, "OpenSearch answered no count.");
    co_return static_cast<std::uint64_t>(found);
}

Result<std::vector<const json::object*>> hits_of(const RemoteAnswer& answer) {
    const auto* outer = object_in(answer.object(), "hits");
    const auto* hits = outer ? array_in(*outer, "hits") : nullptr;
    if (!hits) return fail(ErrorCode::upstream, "OpenSearch answered a search without hits.");
    // A shard that failed leaves out its passages.
    const auto* shards = object_in(answer.object(), "_shards");
    if (bool_or(answer.object(), "timed_out", false) || (shards && integer_or(*shards, "failed", 0) > 0))
        return fail(ErrorCode::unavailable, "A part of the index in OpenSearch did not answer.");
    std::vector<const json::object*> found;
    for (const auto& hit : *hits)
        if (hit.is_object()) found.push_back(&hit.get_object());
    return found;
}

}  // namespace slipway::store::opensearch
