#include "store/index/embedded_postings.h"

#include "store/index/posting_batch.h"

namespace slipway::store::embedded {
namespace {

using Changes = std::vector<PostingChange>;

Result<std::vector<PostingBlock>> blocks_of(sqlite::Connection& connection, const Space& space, std::string_view term) {
    std::vector<PostingBlock> blocks;
    SLIPWAY_TRY(auto rows,
                connection.prepare("SELECT first, bytes FROM postings WHERE space = ?1 AND term = ?2 ORDER BY first"));
    rows.bind(1, space.key).bind(2, term);
    for (;;) {
        SLIPWAY_TRY(const bool row, rows.step());
        if (!row) return blocks;
        blocks.push_back({static_cast<std::uint64_t>(rows.integer(0)), std::string(rows.blob(1))});
    }
}

// What waits, for each of the terms.
Result<std::vector<Changes>> waiting_changes(sqlite::Connection& connection, const Space& space,
                                             const std::vector<QueryTerm>& terms) {
    std::vector<Changes> changes(terms.size());
    if (space.waiting_batches == 0) return changes;
    SLIPWAY_TRY(auto rows, connection.prepare("SELECT bytes FROM batches WHERE space = ?1 ORDER BY batch"));
    rows.bind(1, space.key);
    for (;;) {
        SLIPWAY_TRY(const bool row, rows.step());
        if (!row) break;
        BatchReader batch(rows.blob(0));
        bool readable = true;
        for (std::size_t i = 0; i < terms.size(); ++i)
            if (const auto found = batch.find(terms[i].term)) readable &= decode_changes(*found, changes[i]);
        if (!readable || batch.is_damaged()) return damaged(connection, "a batch of postings cannot be read");
    }
    for (auto& one : changes) combine(one);
    return changes;
}

}  // namespace

Result<std::vector<TermPostings>> load_postings(sqlite::Connection& connection, const Space& space,
                                                std::vector<QueryTerm> terms) {
    SLIPWAY_TRY(const auto waiting, waiting_changes(connection, space, terms));
    std::vector<TermPostings> found;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        SLIPWAY_TRY(auto stored, blocks_of(connection, space, terms[i].term));
        auto blocks = changed_blocks(std::move(stored), waiting[i]);
        if (!blocks) return damaged(connection, "the postings of a passage are not those of its text");
        if (blocks->empty()) continue;
        const auto passages = document_frequency(*blocks);
        if (passages > space.statistics.passages)
            return damaged(connection, "a term has more postings than there are passages");
        found.push_back({std::move(terms[i].term), terms[i].weight, *std::move(blocks), passages});
    }
    return found;
}

}  // namespace slipway::store::embedded
