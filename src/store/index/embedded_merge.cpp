#include "store/index/embedded_merge.h"

#include "store/index/posting_writer.h"

namespace slipway::store::embedded {
namespace {

Result<std::vector<std::string>> batches_of(sqlite::Connection& connection, const Space& space) {
    std::vector<std::string> batches;
    SLIPWAY_TRY(auto rows, connection.prepare("SELECT bytes FROM batches WHERE space = ?1 ORDER BY batch"));
    rows.bind(1, space.key);
    for (;;) {
        SLIPWAY_TRY(const bool row, rows.step());
        if (!row) return batches;
        batches.emplace_back(rows.blob(0));
    }
}

Result<void> merge(sqlite::Connection& connection, Space& space) {
    SLIPWAY_TRY(const auto batches, batches_of(connection, space));
    BatchEntries entries;
    for (const auto& batch : batches) entries.add(batch);
    PostingWriter writer(connection, space.key, space.number_merged);
    auto apply = [&writer](std::string_view term, std::span<const PostingChange> changes) {
        return writer.apply(term, changes);
    };
    SLIPWAY_CHECK(entries.for_each(apply));
    if (entries.is_damaged()) return damaged(connection, "a batch of postings cannot be read");
    SLIPWAY_TRY(auto statement, connection.prepare("DELETE FROM batches WHERE space = ?1"));
    statement.bind(1, space.key);
    SLIPWAY_CHECK(statement.run());
    space.waiting_batches = space.waiting_bytes = 0;
    space.number_merged = space.number_next;
    return {};
}

}  // namespace

Result<void> add_batch(sqlite::Connection& connection, Space& space, PostingChanges& changes,
                       const WaitingLimits& limits) {
    if (changes.empty()) return {};
    const auto bytes = changes.encode();
    SLIPWAY_TRY(auto statement, connection.prepare("INSERT INTO batches(space, bytes) VALUES(?1, ?2)"));
    statement.bind(1, space.key).bind_blob(2, bytes);
    SLIPWAY_CHECK(statement.run());
    ++space.waiting_batches;
    space.waiting_bytes += bytes.size();
    if (space.waiting_batches <= limits.batches && space.waiting_bytes <= limits.bytes) return {};
    return merge(connection, space);
}

Result<bool> merge_some(sqlite::Connection& connection) {
    SLIPWAY_TRY(auto space, waiting_space(connection));
    if (!space) return false;
    SLIPWAY_CHECK(merge(connection, *space));
    SLIPWAY_CHECK(save_space(connection, *space));
    return true;
}

}  // namespace slipway::store::embedded
