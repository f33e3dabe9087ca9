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

// The vectors of a space, compared with the one that is asked with.
class VectorScan {
 public:
    VectorScan(sqlite::Connection& connection, const Space& space, const CollectionOptions& options,
               const Vector& query)
        : connection_(connection),
          space_(space),
          options_(options),
          asked_(prepared_vector(options.metric, query)),
          stored_(options.dimension) {}

    Result<std::vector<Ranked>> scores_of(std::span<const std::uint64_t> numbers) {
        std::vector<Ranked> found;
        for (const auto number : numbers) {
            SLIPWAY_TRY(const auto score, score_of(number));
            if (score) found.push_back({number, *score});
        }
        return found;
    }

    Result<std::vector<Ranked>> all_scores() {
        constexpr std::string_view kAll = "SELECT passage, vector FROM vectors WHERE passage BETWEEN ?1 AND ?2";
        std::vector<Ranked> found;
        SLIPWAY_TRY(auto rows, connection_.prepare(kAll));
        rows.bind(1, key_of(space_.key, 0)).bind(2, key_of(space_.key, kNumberEnd - 1));
        for (;;) {
            SLIPWAY_TRY(const bool row, rows.step());
            if (!row) break;
            SLIPWAY_TRY(const auto score, score_of_bytes(rows.blob(1)));
            found.push_back({number_of(rows.integer(0)), score});
        }
        return found;
    }

    std::vector<Ranked> bounds(const Codes& codes) const {
        const CodedQuery query(options_.metric, asked_);
        std::vector<Ranked> found;
        found.reserve(codes.count);
        for (const auto& part : codes.parts) query.bound(*part, found);
        return found;
    }

    // nullopt: the passage has none, or is not there.
    Result<std::optional<double>> score_of(std::uint64_t number) {
        if (row_) {
            row_->reset();
        } else {
            SLIPWAY_TRY(row_, connection_.prepare("SELECT vector FROM vectors WHERE passage = ?1"));
        }
        row_->bind(1, key_of(space_.key, number));
        SLIPWAY_TRY(const bool has_vector, row_->step());
        if (!has_vector) return std::nullopt;
        SLIPWAY_TRY(const auto score, score_of_bytes(row_->blob(0)));
        return score;
    }

 private:
    Result<double> score_of_bytes(std::string_view bytes) {
        if (!from_bytes(bytes, stored_)) return damaged(connection_, "a vector has the wrong size");
        return nearness(options_.metric, asked_, stored_);
    }

    sqlite::Connection& connection_;
    const Space& space_;
    const CollectionOptions& options_;
    Vector asked_, stored_;
    std::optional<sqlite::Statement> row_;
};

metrics::Histogram& leg(std::string_view name) {
    return metrics::histogram("slipway_index_search_duration_seconds",
                              "Time of the parts of searches in the index: its words, its vectors.", {{"part", name}});
}

// One search in one space.
class Search {
 public:
    Search(sqlite::Connection& connection, KeptCodes& codes, const Collection& collection, const Space& space,
           const Query& query)
        : connection_(connection),
          codes_(codes),
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
    KeptCodes& codes_;
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
    VectorScan scan(connection_, space_, options_, *query_.vector);
    if (const auto* list = filter_.short_list()) {
        SLIPWAY_TRY(auto candidates, scan.scores_of(*list));
        return filter_.best(std::move(candidates), depth());
    }
    SLIPWAY_TRY(const auto codes, codes_.of(connection_, space_, options_.dimension));
    if (codes) {
        const CandidateFilter::Score score = [&](std::uint64_t number) { return scan.score_of(number); };
        return filter_.best_below(scan.bounds(*codes), depth(), score);
    }
    SLIPWAY_TRY(auto candidates, scan.all_scores());
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

Result<std::vector<Hit>> search(sqlite::Connection& connection, KeptCodes& codes, const WorkspaceId& workspace,
                                std::string_view name, const Query& query) {
    if (query.text.empty() && query.expansions.empty() && !query.vector)
        return fail(ErrorCode::invalid, "The query is empty: give a text or a vector.");
    SLIPWAY_TRY(const auto snapshot, Snapshot::begin(connection));
    SLIPWAY_TRY(const auto collection, collection_named(connection, name));
    if (query.vector) {
        SLIPWAY_CHECK(check_vector(*query.vector, collection.options));
    }
    SLIPWAY_TRY(const auto space, find_space(connection, collection, workspace));
    if (!space) return std::vector<Hit>();
    return Search(connection, codes, collection, *space, query).run();
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
