#include "store/index/passage_scan.h"

#include <algorithm>

namespace slipway::store::embedded {
namespace {

// Candidates that may fail one by one before the list of those that pass is fetched.
constexpr std::size_t kFailuresMax = 200;
// Passages of a space in which what may match is listed at once: an index has it, a candidate is a row each.
constexpr std::uint64_t kSmallSpace = 2000;
// A vector that is looked up costs about twice what one costs that is met on the way.
constexpr std::uint64_t kShortList = 2;

std::string as_json(const std::vector<std::string>& texts) {
    json::array values;
    for (const auto& text : texts) values.emplace_back(text);
    return write_json(values);
}

enum class Order : unsigned char { any, by_id };

// A SELECT of passages with the pushed-down conditions; the statements differ only in which of these are there, so few
// are prepared.
Result<sqlite::Statement> select(sqlite::Connection& connection, const Space& space, std::string_view columns,
                                 const Pushdown& pushed, Order order, const std::optional<std::string>& after_id = {}) {
    std::string sql = fmt::format("SELECT {} FROM passages WHERE space = $space", columns);
    // The plus keeps SQLite from walking the index of namespaces and sorting when the index of ids has the order
    // already.
    if (pushed.namespaces)
        sql += fmt::format(" AND {}namespace IN (SELECT value FROM json_each($namespaces))",
                           order == Order::by_id ? "+" : "");
    if (pushed.ids) sql += " AND id IN (SELECT value FROM json_each($ids))";
    if (after_id) sql += " AND id > $after";
    if (order == Order::by_id) sql += " ORDER BY id";
    SLIPWAY_TRY(auto statement, connection.prepare(sql));
    statement.bind("$space", space.key);
    if (pushed.namespaces) statement.bind("$namespaces", as_json(*pushed.namespaces));
    if (pushed.ids) statement.bind("$ids", as_json(*pushed.ids));
    if (after_id) statement.bind("$after", *after_id);
    return statement;
}

// What a filter looks at, in columns 0 to 2 after `first`: id, namespace, metadata.
constexpr std::string_view kFilterColumns = "id, namespace, metadata";
constexpr std::string_view kPassageColumns = "id, namespace, metadata, text";

Result<Passage> read_fields(const sqlite::Connection& connection, const sqlite::Statement& row, int first) {
    Passage passage;
    passage.id = row.text(first);
    passage.name_space = row.text(first + 1);
    if (const auto text = row.text(first + 2); text != "{}") {
        auto metadata = parse_json(text);
        if (!metadata || !metadata->is_object()) return damaged(connection, "the metadata of a passage cannot be read");
        passage.metadata = std::move(metadata->get_object());
    }
    return passage;
}

Result<Passage> read_passage(const sqlite::Connection& connection, const sqlite::Statement& row) {
    SLIPWAY_TRY(auto passage, read_fields(connection, row, 0));
    passage.text = row.text(3);
    return passage;
}

}  // namespace

Result<std::vector<Passage>> matching_passages(sqlite::Connection& connection, const Space& space, const Filter& filter,
                                               std::size_t limit, const std::optional<std::string>& after_id) {
    const auto pushed = pushdown(filter);
    std::vector<Passage> found;
    SLIPWAY_TRY(auto rows, select(connection, space, kPassageColumns, pushed, Order::by_id, after_id));
    while (found.size() < limit) {
        SLIPWAY_TRY(const bool row, rows.step());
        if (!row) break;
        SLIPWAY_TRY(auto passage, read_passage(connection, rows));
        if (!pushed.is_complete && !matches(filter, passage)) continue;
        found.push_back(std::move(passage));
    }
    return found;
}

Result<std::vector<std::uint64_t>> matching_numbers(sqlite::Connection& connection, const Space& space,
                                                    const Filter& filter) {
    const auto pushed = pushdown(filter);
    const auto columns = pushed.is_complete ? std::string("passage") : fmt::format("passage, {}", kFilterColumns);
    std::vector<std::uint64_t> numbers;
    SLIPWAY_TRY(auto rows, select(connection, space, columns, pushed, Order::any));
    for (;;) {
        SLIPWAY_TRY(const bool row, rows.step());
        if (!row) break;
        if (!pushed.is_complete) {
            SLIPWAY_TRY(const auto passage, read_fields(connection, rows, 1));
            if (!matches(filter, passage)) continue;
        }
        numbers.push_back(number_of(rows.integer(0)));
    }
    return numbers;
}

Result<std::uint64_t> count_matching(sqlite::Connection& connection, const Space& space, const Filter& filter) {
    const auto pushed = pushdown(filter);
    if (pushed.is_complete && !pushed.namespaces && !pushed.ids) return space.statistics.passages;
    if (!pushed.is_complete) {
        SLIPWAY_TRY(const auto numbers, matching_numbers(connection, space, filter));
        return numbers.size();
    }
    SLIPWAY_TRY(auto rows, select(connection, space, "count(*)", pushed, Order::any));
    SLIPWAY_CHECK(rows.step());
    return static_cast<std::uint64_t>(rows.integer(0));
}

namespace {

Result<sqlite::Statement> row_at(sqlite::Connection& connection, std::string_view sql, const Space& space,
                                 std::uint64_t number) {
    SLIPWAY_TRY(auto row, connection.prepare(sql));
    row.bind(1, key_of(space.key, number));
    SLIPWAY_TRY(const bool found, row.step());
    if (!found) return damaged(connection, "the postings name a passage that does not exist");
    return row;
}

}  // namespace

Result<std::string> id_at(sqlite::Connection& connection, const Space& space, std::uint64_t number) {
    SLIPWAY_TRY(const auto row, row_at(connection, "SELECT id FROM passages WHERE passage = ?1", space, number));
    return std::string(row.text(0));
}

Result<Passage> passage_at(sqlite::Connection& connection, const Space& space, std::uint64_t number) {
    constexpr std::string_view kSql = "SELECT id, namespace, metadata, text FROM passages WHERE passage = ?1";
    SLIPWAY_TRY(const auto row, row_at(connection, kSql, space, number));
    return read_passage(connection, row);
}

bool CandidateFilter::lists_at_once() const {
    if (pushed_.ids) return true;
    return pushed_.namespaces && pushed_.is_complete && space_.statistics.passages <= kSmallSpace;
}

const std::vector<std::uint64_t>* CandidateFilter::short_list() const {
    return allowed_ && allowed_->size() <= space_.statistics.passages / kShortList ? &*allowed_ : nullptr;
}

Result<void> CandidateFilter::begin() {
    if (!allowed_ && lists_at_once()) SLIPWAY_CHECK(list_allowed());
    failures_ = 0;
    return {};
}

Result<bool> CandidateFilter::lets_pass(std::uint64_t number) {
    bool good = lets_all_pass_;
    if (allowed_) {
        good = std::ranges::binary_search(*allowed_, number);
    } else if (!good) {
        SLIPWAY_TRY(good, passes(number));
    }
    if (!good && ++failures_ == kFailuresMax && can_list() && !allowed_) SLIPWAY_CHECK(list_allowed());
    return good;
}

Result<std::vector<Ranked>> CandidateFilter::best(std::vector<Ranked> candidates, std::size_t limit) {
    Ranking ranking(std::move(candidates));
    std::vector<Ranked> found;
    SLIPWAY_CHECK(begin());
    while (found.size() < limit) {
        const auto candidate = ranking.next();
        if (!candidate) break;
        SLIPWAY_TRY(const bool good, lets_pass(candidate->number));
        if (good) found.push_back(*candidate);
    }
    return found;
}

// `found` is a heap with the worst on top, as no candidate below it counts once there are enough.
Result<std::vector<Ranked>> CandidateFilter::best_below(std::vector<Ranked> bounds, std::size_t limit,
                                                        const Score& score) {
    Ranking ranking(std::move(bounds));
    std::vector<Ranked> found;
    SLIPWAY_CHECK(begin());
    for (;;) {
        const auto candidate = ranking.next();
        const bool enough = found.size() >= limit;
        if (!candidate || (enough && candidate->score < found.front().score)) break;
        SLIPWAY_TRY(const auto scored, score(candidate->number));
        if (!scored) continue;
        const Ranked ranked{candidate->number, *scored};
        if (enough && !is_better(ranked, found.front())) continue;
        SLIPWAY_TRY(const bool good, lets_pass(candidate->number));
        if (!good) continue;
        if (enough) {
            std::ranges::pop_heap(found, is_better);
            found.pop_back();
        }
        found.push_back(ranked);
        std::ranges::push_heap(found, is_better);
    }
    std::ranges::sort(found, is_better);
    return found;
}

Result<bool> CandidateFilter::passes(std::uint64_t number) {
    if (row_) {
        row_->reset();
    } else {
        SLIPWAY_TRY(row_, connection_.prepare("SELECT id, namespace, metadata FROM passages WHERE passage = ?1"));
    }
    row_->bind(1, key_of(space_.key, number));
    SLIPWAY_TRY(const bool found, row_->step());
    if (!found) return damaged(connection_, "the postings name a passage that does not exist");
    // The list of ids is made before anything is asked here, so namespaces are all that a complete pushdown leaves.
    if (pushed_.is_complete) return std::ranges::find(*pushed_.namespaces, row_->text(1)) != pushed_.namespaces->end();
    SLIPWAY_TRY(const auto passage, read_fields(connection_, *row_, 0));
    return matches(filter_, passage);
}

Result<void> CandidateFilter::list_allowed() {
    SLIPWAY_TRY(auto numbers, matching_numbers(connection_, space_, filter_));
    std::ranges::sort(numbers);
    allowed_ = std::move(numbers);
    return {};
}

}  // namespace slipway::store::embedded
