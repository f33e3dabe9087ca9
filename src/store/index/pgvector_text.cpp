#include "store/index/pgvector_text.h"

#include <algorithm>
#include <map>

#include "store/index/passage_terms.h"
#include "store/index/pgvector_sql.h"

namespace slipway::store::pgvector {
namespace {

// One statement, so that statistics, blocks and what waits are of one moment. `kind` tells them apart.
constexpr std::string_view kPostings =
    "SELECT 0 AS kind, NULL::text AS term, s.passages AS first, s.terms AS second, NULL::bytea AS bytes FROM "
    "index_collection c LEFT JOIN index_space s ON s.collection = c.number AND s.workspace = $workspace WHERE c.number "
    "= $1 AND c.name IS NOT NULL UNION ALL SELECT 1, NULL, w.number, w.base, w.changes FROM index_waiting w WHERE "
    "w.collection = $1 AND w.workspace = $workspace UNION ALL SELECT 2, p.term, p.first, 0, p.block FROM index_posting "
    "p WHERE p.collection = $1 AND p.workspace = $workspace AND p.term = ANY($2::text[])";
enum Kind : unsigned char { kSpace = 0, kWaiting = 1 };  // 2: a block

struct Waiting {
    std::int64_t number = 0;
    std::uint64_t base = 0;
    std::string bytes;
};

struct Read {
    std::optional<TextStatistics> statistics;
    std::vector<Waiting> waiting;
    std::map<std::string, std::vector<PostingBlock>> blocks;
};

Read read_of(const Rows& rows) {
    Read read;
    for (const auto row : rows) {
        const auto kind = row.integer("kind");
        const auto first = static_cast<std::uint64_t>(row.integer("first"));
        const auto second = static_cast<std::uint64_t>(row.integer("second"));
        if (kind == kSpace)
            read.statistics = TextStatistics{first, second};
        else if (kind == kWaiting)
            read.waiting.push_back({row.integer("first"), second, row.bytes("bytes")});
        else
            read.blocks[row.text("term")].push_back({first, row.bytes("bytes")});
    }
    std::ranges::sort(read.waiting, {}, &Waiting::number);
    for (auto& [term, blocks] : read.blocks) std::ranges::sort(blocks, {}, &PostingBlock::first);
    return read;
}

Result<std::vector<PostingChange>> waiting_changes(const std::vector<Waiting>& waiting, std::string_view word) {
    std::vector<PostingChange> changes;
    for (const auto& batch : waiting) {
        BatchReader reader(batch.bytes);
        const auto found = reader.find(word);
        if (reader.is_damaged() || (found && !add_changes(*found, batch.base, changes)))
            return damaged("changes of postings cannot be read");
    }
    combine(changes);
    return changes;
}

Result<ScoredText> score(Read& read, std::vector<QueryTerm>& terms) {
    ScoredText scored{.statistics = *read.statistics, .terms = {}, .passages = {}};
    for (auto& term : terms) {
        const auto word = term_word(term.term);
        SLIPWAY_TRY(const auto changes, waiting_changes(read.waiting, word));
        auto blocks = changed_blocks(std::move(read.blocks[word]), changes);
        if (!blocks) return damaged("the postings of a passage are not those of its text");
        if (blocks->empty()) continue;
        const auto passages = document_frequency(*blocks);
        if (passages > scored.statistics.passages) return damaged("a term has more postings than there are passages");
        scored.terms.push_back({std::move(term.term), term.weight, *std::move(blocks), passages});
    }
    auto passages = score_passages(scored.terms, scored.statistics);
    if (!passages) return damaged("a block of postings cannot be read");
    scored.passages = *std::move(passages);
    return scored;
}

}  // namespace

Task<ScoredText> score_text(Database& database, WorkerPool& pool, const WorkspaceId& workspace, std::int64_t generation,
                            std::vector<QueryTerm> terms) {
    ArrayText words;
    for (const auto& term : terms) words.add(term_word(term.term));
    Parameters parameters{generation, words.take()};
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(workspace, std::string(kPostings), std::move(parameters)));
    auto read = read_of(rows);
    if (!read.statistics) co_return collection_is_gone();
    const auto work = [&] { return score(read, terms); };
    co_return co_await pool.run(work);
}

}  // namespace slipway::store::pgvector
