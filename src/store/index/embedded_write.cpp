#include "store/index/embedded_write.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "store/index/embedded_merge.h"
#include "store/index/passage_scan.h"
#include "store/index/term_numbers.h"

namespace slipway::store::embedded {
namespace {

// Passages whose changes of postings are held in memory at once.
constexpr std::size_t kEraseBatch = 2000;

// A passage as it stands in the table.
struct StoredPassage {
    std::uint64_t number = 0;
    std::uint64_t length = 0;
    std::string text, extra_text;
};

struct Terms {
    std::vector<std::string> all;  // each once
    std::uint64_t length = 0;
};

Terms terms_of(const StoredPassage& passage, std::string_view language) {
    TermNumbers numbers(language);
    std::vector<std::uint32_t> found;
    numbers.append(passage.text, found);
    numbers.append(passage.extra_text, found);
    return {{numbers.terms().begin(), numbers.terms().end()}, found.size()};
}

// Changes of the passages of one space.
class SpaceWriter {
 public:
    // `terms`: those of the passages to put, which name them by their places.
    SpaceWriter(sqlite::Connection& connection, Space space, const CollectionOptions& options,
                const WaitingLimits& limits, std::span<const std::string> terms = {})
        : connection_(connection), space_(space), options_(options), limits_(limits), terms_(terms), postings_(terms) {}

    // The passage must outlive the writer.
    Result<void> put(const PreparedPassage& passage);
    void expect(std::size_t changes) { postings_.reserve(changes); }
    Result<bool> erase(std::string_view id);
    Result<void> erase(std::uint64_t number);
    Result<void> finish();

 private:
    Result<std::optional<StoredPassage>> find(std::string_view sql, auto key);
    Result<void> erase(const StoredPassage& passage);
    Result<void> write_row(const PreparedPassage& passage, std::uint64_t number, bool is_new);
    Result<void> write_vector(const PreparedPassage& passage, std::uint64_t number, bool is_new);
    Result<bool> has_vector(std::uint64_t number, std::string_view bytes);
    Result<void> erase_row(std::string_view table, std::uint64_t number);
    void change_postings(const PreparedPassage& passage, std::uint64_t number, std::vector<std::string> old_terms);
    void remove_posting(std::string term, std::uint64_t number);

    sqlite::Connection& connection_;
    Space space_;
    const CollectionOptions& options_;
    const WaitingLimits& limits_;
    std::span<const std::string> terms_;
    PostingChanges postings_;
    std::deque<std::string> removed_terms_;  // that postings_ refers to
};

constexpr std::string_view kById =
    "SELECT passage, length, text, extra_text FROM passages WHERE space = ?1 AND id = ?2";
constexpr std::string_view kByNumber =
    "SELECT passage, length, text, extra_text FROM passages WHERE space = ?1 AND passage = ?2";

Result<std::optional<StoredPassage>> SpaceWriter::find(std::string_view sql, auto key) {
    SLIPWAY_TRY(auto statement, connection_.prepare(sql));
    statement.bind(1, space_.key).bind(2, key);
    SLIPWAY_TRY(const bool found, statement.step());
    if (!found) return std::nullopt;
    return StoredPassage{number_of(statement.integer(0)), static_cast<std::uint64_t>(statement.integer(1)),
                         std::string(statement.text(2)), std::string(statement.text(3))};
}

Result<void> SpaceWriter::put(const PreparedPassage& passage) {
    SLIPWAY_TRY(auto old, find(kById, std::string_view(passage.id)));
    if (old && passage.vector) {
        SLIPWAY_TRY(const bool same, has_vector(old->number, *passage.vector));
        if (!same) {
            SLIPWAY_CHECK(erase(*old));
            old.reset();
        }
    }
    if (!old && space_.number_next == kNumberEnd)
        return fail(ErrorCode::unavailable, "The workspace's part of the index is full.");
    const auto number = old ? old->number : space_.number_next++;
    SLIPWAY_CHECK(write_row(passage, number, !old));
    SLIPWAY_CHECK(write_vector(passage, number, !old));
    const bool same_text = old && old->text == passage.text && old->extra_text == passage.extra_text;
    if (same_text) return {};
    auto old_terms = old ? terms_of(*old, options_.language) : Terms();
    if (old && old_terms.length != old->length)
        return damaged(connection_, "a passage has another length than its text");
    change_postings(passage, number, std::move(old_terms.all));
    if (!old) ++space_.statistics.passages;
    space_.statistics.terms += passage.length - old_terms.length;
    return {};
}

void SpaceWriter::change_postings(const PreparedPassage& passage, std::uint64_t number,
                                  std::vector<std::string> old_terms) {
    std::unordered_set<std::string_view> gone(old_terms.begin(), old_terms.end());
    for (const auto& [term, occurrences] : passage.terms) {
        const bool existed = !gone.empty() && gone.erase(terms_[term]) > 0;
        postings_.add_at(term, {{number, occurrences, passage.length}, existed});
    }
    for (const auto term : gone) remove_posting(std::string(term), number);
}

void SpaceWriter::remove_posting(std::string term, std::uint64_t number) {
    postings_.add(removed_terms_.emplace_back(std::move(term)), {{number, 0, 0}, true});
}

Result<void> SpaceWriter::write_row(const PreparedPassage& passage, std::uint64_t number, bool is_new) {
    SLIPWAY_TRY(auto statement,
                connection_.prepare(
                    is_new ? "INSERT INTO passages(passage, space, id, namespace, metadata, length, text, extra_text) "
                             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                           : "UPDATE passages SET namespace = ?4, metadata = ?5, length = ?6, text = ?7, "
                             "extra_text = ?8 WHERE passage = ?1 AND space = ?2 AND id = ?3"));
    statement.bind(1, key_of(space_.key, number)).bind(2, space_.key).bind(3, passage.id).bind(4, passage.name_space);
    statement.bind(5, passage.metadata).bind(6, passage.length).bind(7, passage.text).bind(8, passage.extra_text);
    return statement.run();
}

// What a number stands for never changes (embedded_codes.h): a passage with another vector is a new one.
Result<bool> SpaceWriter::has_vector(std::uint64_t number, std::string_view bytes) {
    SLIPWAY_TRY(auto statement, connection_.prepare("SELECT vector FROM vectors WHERE passage = ?1"));
    statement.bind(1, key_of(space_.key, number));
    SLIPWAY_TRY(const bool found, statement.step());
    return found && statement.blob(0) == bytes;
}

Result<void> SpaceWriter::write_vector(const PreparedPassage& passage, std::uint64_t number, bool is_new) {
    if (!passage.vector) return is_new ? Result<void>() : erase_row("vectors", number);
    if (!is_new) return {};
    SLIPWAY_TRY(auto statement, connection_.prepare("INSERT INTO vectors(passage, vector) VALUES(?1, ?2)"));
    statement.bind(1, key_of(space_.key, number)).bind_blob(2, *passage.vector);
    return statement.run();
}

Result<void> SpaceWriter::erase_row(std::string_view table, std::uint64_t number) {
    SLIPWAY_TRY(auto statement, connection_.prepare(fmt::format("DELETE FROM {} WHERE passage = ?1", table)));
    statement.bind(1, key_of(space_.key, number));
    return statement.run();
}

Result<bool> SpaceWriter::erase(std::string_view id) {
    SLIPWAY_TRY(const auto passage, find(kById, id));
    if (!passage) return false;
    SLIPWAY_CHECK(erase(*passage));
    return true;
}

Result<void> SpaceWriter::erase(std::uint64_t number) {
    SLIPWAY_TRY(const auto passage, find(kByNumber, key_of(space_.key, number)));
    if (!passage) return damaged(connection_, "a passage is missing");
    return erase(*passage);
}

Result<void> SpaceWriter::erase(const StoredPassage& passage) {
    SLIPWAY_CHECK(erase_row("passages", passage.number));
    SLIPWAY_CHECK(erase_row("vectors", passage.number));
    auto terms = terms_of(passage, options_.language);
    if (terms.length != passage.length || space_.statistics.passages == 0 || space_.statistics.terms < terms.length)
        return damaged(connection_, "the statistics are not those of the passages");
    for (auto& term : terms.all) remove_posting(std::move(term), passage.number);
    --space_.statistics.passages;
    space_.statistics.terms -= terms.length;
    return {};
}

Result<void> SpaceWriter::finish() {
    if (space_.statistics.passages > 0)  // else nothing of the space is left
        SLIPWAY_CHECK(add_batch(connection_, space_, postings_, limits_));
    return save_space(connection_, space_);
}

Result<std::size_t> erase_numbers(sqlite::Connection& connection, const Collection& collection,
                                  const WorkspaceId& workspace, std::span<const std::uint64_t> numbers,
                                  const WaitingLimits& limits) {
    const auto erased = numbers.size();
    while (!numbers.empty()) {
        SLIPWAY_TRY(const auto space, find_space(connection, collection, workspace));
        if (!space) return damaged(connection, "a workspace is missing");
        SpaceWriter writer(connection, *space, collection.options, limits);
        const auto batch = numbers.first(std::min(kEraseBatch, numbers.size()));
        for (const auto number : batch) {
            SLIPWAY_CHECK(writer.erase(number));
        }
        SLIPWAY_CHECK(writer.finish());
        numbers = numbers.subspan(batch.size());
    }
    return erased;
}

}  // namespace

Result<void> upsert(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view name,
                    const CollectionOptions& prepared_for, const PreparedPassages& passages,
                    const WaitingLimits& limits, std::int64_t& space_given) {
    SLIPWAY_TRY(const auto collection, collection_named(connection, name));
    const auto& options = collection.options;
    if (options.dimension != prepared_for.dimension || options.metric != prepared_for.metric ||
        options.language != prepared_for.language)
        return fail(ErrorCode::conflict, "The collection \"{}\" was replaced meanwhile; try again.", name);
    SLIPWAY_TRY(const auto space, make_space(connection, collection, workspace, space_given));
    SpaceWriter writer(connection, space, options, limits, passages.terms);
    std::size_t changes = 0;
    for (const auto& passage : passages.all) changes += passage.terms.size();
    writer.expect(changes);
    for (const auto& passage : passages.all) {
        SLIPWAY_CHECK(writer.put(passage));
    }
    return writer.finish();
}

Result<std::size_t> erase(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view name,
                          const std::vector<std::string>& ids, const WaitingLimits& limits) {
    SLIPWAY_TRY(const auto collection, collection_named(connection, name));
    SLIPWAY_TRY(const auto space, find_space(connection, collection, workspace));
    if (!space) return 0;
    SpaceWriter writer(connection, *space, collection.options, limits);
    std::size_t erased = 0;
    for (const auto& id : ids) {
        SLIPWAY_TRY(const bool was_there, writer.erase(id));
        if (was_there) ++erased;
    }
    SLIPWAY_CHECK(writer.finish());
    return erased;
}

Result<std::size_t> erase_where(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view name,
                                const Filter& filter, const WaitingLimits& limits) {
    SLIPWAY_TRY(const auto collection, collection_named(connection, name));
    SLIPWAY_TRY(const auto space, find_space(connection, collection, workspace));
    if (!space) return 0;
    SLIPWAY_TRY(const auto numbers, matching_numbers(connection, *space, filter));
    return erase_numbers(connection, collection, workspace, numbers, limits);
}

}  // namespace slipway::store::embedded
