#include "store/index/embedded_read.h"

#include <algorithm>

#include "base/metrics.h"
#include "store/index/cursor.h"
#include "store/index/embedded_postings.h"
#include "store/index/passage_scan.h"
#include "store/index/text_ranking.h"
#include "store/index/validation.h"
#include "store/index/vector.h"

namespace slipway::store::embedded {
namespace {

// A read transaction: all statements see the same state.
class Snapshot {
 public:
    static Result<Snapshot> begin(sqlite::Connection& connection) {
        SLIPWAY_TRY(auto statement, connection.prepare("BEGIN"));
        SLIPWAY_CHECK(statement.run());
        return Snapshot(connection);
    }
    Snapshot(Snapshot&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Snapshot(const Snapshot&) = delete;
    // The limit goes first: when the time is over the snapshot must end all the same.
    ~Snapshot() {
        if (!connection_) return;
        connection_->clear_limit();
        auto ended = connection_->execute("ROLLBACK");
        static_cast<void>(ended);  // sqlite::Readers closes a connection that is still in a transaction
    }

 private:
    explicit Snapshot(sqlite::Connection& connection) : connection_(&connection) {}
    sqlite::Connection* connection_;
};

constexpr std::string_view kWrongVector = "a vector has the wrong size";

Result<std::vector<Ranked>> score_vectors(sqlite::Connection& connection, const Space& space,
                                          const CollectionOptions& options, const CandidateFilter& filter,
                                          const Vector& query) {
    const auto asked = prepared_vector(options.metric, query);
    Vector stored(options.dimension);
    std::vector<Ranked> found;
    const auto score = [&](std::uint64_t number, std::string_view bytes) {
        const bool readable = from_bytes(bytes, stored);
        if (readable) found.push_back({number, nearness(options.metric, asked, stored)});
        return readable;
    };
    if (const auto* list = filter.short_list()) {
        SLIPWAY_TRY(auto row, connection.prepare("SELECT vector FROM vectors WHERE passage = ?1"));
        for (const auto number : *list) {
            row.reset();
            row.bind(1, key_of(space.key, number));
            SLIPWAY_TRY(const bool has_vector, row.step());
            if (has_vector && !score(number, row.blob(0))) return damaged(connection, kWrongVector);
        }
        return found;
    }
    SLIPWAY_TRY(auto rows, connection.prepare("SELECT passage, vector FROM vectors WHERE passage BETWEEN ?1 AND ?2"));
    rows.bind(1, key_of(space.key, 0)).bind(2, key_of(space.key, kNumberEnd - 1));
    for (;;) {
        SLIPWAY_TRY(const bool row, rows.step());
        if (!row) break;
        if (!score(number_of(rows.integer(0)), rows.blob(1))) return damaged(connection, kWrongVector);
    }
    return found;
}

metrics::Histogram& leg(std::string_view name) {
    return metrics::histogram("slipway_index_search_duration_seconds",
                              "Time of the parts of searches in the index: its words, its vectors.", {{"part", name}});
}

// One search in one space.
class Search {
 public:
    Search(sqlite::Connection& connection, const Collection& collection, const Space& space, const Query& query)
        : connection_(connection),
          options_(collection.options),
          space_(space),
          query_(query),
          filter_(connection, space, query.filter) {}

    Result<std::vector<Hit>> run();

 private:
    bool wants_text() const { return !query_.text.empty() || !query_.expansions.empty(); }
    bool wants_both() const { return wants_text() && query_.vector; }
    std::size_t depth() const {
        return wants_both() ? std::max(kFusionDepthMin, query_.limit * kFusionDepthFactor) : query_.limit;
    }
    Result<std::vector<Ranked>> text_leg();
    Result<std::vector<Ranked>> vector_leg();
    Result<Hit> make_hit(const Fused& found) const;

    sqlite::Connection& connection_;
    const CollectionOptions& options_;
    const Space& space_;
    const Query& query_;
    CandidateFilter filter_;
    std::vector<TermPostings> terms_;
};

Result<std::vector<Ranked>> Search::text_leg() {
    static auto& duration = leg("words");
    const metrics::Timed timed(duration);
    SLIPWAY_TRY(terms_, load_postings(connection_, space_, query_terms(query_, options_.language)));
    auto candidates = score_passages(terms_, space_.statistics);
    if (!candidates) return damaged(connection_, "a block of postings cannot be read");
    return filter_.best(*std::move(candidates), depth());
}

Result<std::vector<Ranked>> Search::vector_leg() {
    static auto& duration = leg("vectors");
    const metrics::Timed timed(duration);
    SLIPWAY_TRY(auto candidates, score_vectors(connection_, space_, options_, filter_, *query_.vector));
    return filter_.best(std::move(candidates), depth());
}

std::vector<Fused> only(std::span<const Ranked> leg, std::optional<double> Fused::* score) {
    std::vector<Fused> found;
    found.reserve(leg.size());
    for (const auto& [number, value] : leg) {
        found.push_back({number, value});
        found.back().*score = value;
    }
    return found;
}

Result<std::vector<Hit>> Search::run() {
    std::vector<Ranked> text, vector;
    const bool text_counts = wants_text() && !(wants_both() && query_.vector_weight == 1);
    const bool vector_counts = query_.vector && !(wants_both() && query_.vector_weight == 0);
    if (text_counts) {
        SLIPWAY_TRY(text, text_leg());
    }
    if (vector_counts) {
        SLIPWAY_TRY(vector, vector_leg());
    }
    auto found = wants_both()   ? fuse(text, vector, query_.vector_weight)
                 : wants_text() ? only(text, &Fused::text_score)
                                : only(vector, &Fused::vector_score);
    if (found.size() > query_.limit) found.resize(query_.limit);
    std::vector<Hit> hits;
    hits.reserve(found.size());
    for (const auto& one : found) {
        SLIPWAY_TRY(auto hit, make_hit(one));
        hits.push_back(std::move(hit));
    }
    return hits;
}

Result<Hit> Search::make_hit(const Fused& found) const {
    Hit hit;
    if (query_.only_ids) {
        SLIPWAY_TRY(hit.passage.id, id_at(connection_, space_, found.number));
    } else {
        SLIPWAY_TRY(hit.passage, passage_at(connection_, space_, found.number));
    }
    hit.score = found.score;
    hit.text_score = found.text_score;
    hit.vector_score = found.vector_score;
    if (found.text_score) hit.terms = explain(terms_, space_.statistics, found.number);
    return hit;
}

}  // namespace

Result<std::optional<CollectionInfo>> describe(sqlite::Connection& connection, std::string_view name) {
    SLIPWAY_TRY(const auto snapshot, Snapshot::begin(connection));
    SLIPWAY_TRY(auto collection, find_collection(connection, name));
    if (!collection) return std::nullopt;
    SLIPWAY_TRY(const auto passages, passages_in(connection, *collection));
    return CollectionInfo{std::move(collection->options), passages};
}

Result<std::vector<Hit>> search(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view name,
                                const Query& query) {
    if (query.text.empty() && query.expansions.empty() && !query.vector)
        return fail(ErrorCode::invalid, "The query is empty: give a text or a vector.");
    SLIPWAY_TRY(const auto snapshot, Snapshot::begin(connection));
    SLIPWAY_TRY(const auto collection, collection_named(connection, name));
    if (query.vector) {
        SLIPWAY_CHECK(check_vector(*query.vector, collection.options));
    }
    SLIPWAY_TRY(const auto space, find_space(connection, collection, workspace));
    if (!space) return std::vector<Hit>();
    return Search(connection, collection, *space, query).run();
}

Result<Page> scroll(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view name,
                    const Filter& filter, std::size_t limit, const std::optional<std::string>& cursor) {
    SLIPWAY_TRY(const auto after, id_of_cursor(cursor));
    SLIPWAY_TRY(const auto snapshot, Snapshot::begin(connection));
    SLIPWAY_TRY(const auto collection, collection_named(connection, name));
    SLIPWAY_TRY(const auto space, find_space(connection, collection, workspace));
    if (!space) return Page();
    // One more than asked for tells whether there is a next page.
    SLIPWAY_TRY(auto passages, matching_passages(connection, *space, filter, limit + 1, after));
    Page page{std::move(passages), {}};
    if (page.passages.size() > limit) {
        page.passages.pop_back();
        page.next = cursor_after(page.passages.back().id);
    }
    return page;
}

Result<std::uint64_t> count(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view name,
                            const Filter& filter) {
    SLIPWAY_TRY(const auto snapshot, Snapshot::begin(connection));
    SLIPWAY_TRY(const auto collection, collection_named(connection, name));
    SLIPWAY_TRY(const auto space, find_space(connection, collection, workspace));
    if (!space) return std::uint64_t{0};
    return count_matching(connection, *space, filter);
}

}  // namespace slipway::store::embedded
