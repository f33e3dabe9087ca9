#include "store/index/pgvector_space.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_map>

#include "store/index/pgvector_sql.h"

namespace slipway::store::pgvector {
namespace {

std::uint64_t whole(const Row& row, std::string_view column) { return static_cast<std::uint64_t>(row.integer(column)); }

using Changes = std::vector<PostingChange>;

struct Batch {
    std::uint64_t base = 0;
    std::string bytes;
};

std::uint64_t passage_of(const PostingChange& change) { return change.posting.passage; }

// The changes of several batches by term, and the blocks that they fall into.
class Merge {
 public:
    Merge(Transaction& transaction, std::int64_t generation) : transaction_(transaction), generation_(generation) {}

    Task<void> run(const std::vector<Batch>& batches) {
        if (!collect(batches)) co_return damaged("changes of postings cannot be read");
        SLIPWAY_CO_CHECK(co_await read_blocks());
        for (auto& [term, changes] : changes_)
            if (!apply(term, changes)) co_return damaged("the postings of a passage are not those of its text");
        SLIPWAY_CO_CHECK(co_await erase_blocks());
        co_return co_await write_blocks();
    }

 private:
    bool collect(const std::vector<Batch>& batches) {
        for (const auto& batch : batches) {
            BatchReader reader(batch.bytes);
            for (BatchReader::Entry entry; reader.next(entry);)
                if (!add_changes(entry.changes, batch.base, changes_[entry.term])) return false;
            if (reader.is_damaged()) return false;
        }
        for (auto& [term, changes] : changes_) combine(changes);
        return true;
    }

    // New postings belong into the last block of their term, others are in the block that begins before them.
    Task<void> read_blocks() {
        ArrayText terms, passages;
        for (const auto& [term, changes] : changes_) {
            for (const auto& change : changes) {
                if (!change.existed) continue;
                terms.add(term);
                passages.add(static_cast<std::int64_t>(passage_of(change)));
            }
            if (changes.empty() || changes.back().existed) continue;
            terms.add(term);
            passages.add(std::numeric_limits<std::int64_t>::max());
        }
        Parameters parameters{generation_, terms.take(), passages.take()};
        SLIPWAY_CO_TRY(
            const auto rows,
            co_await transaction_.execute(
                "SELECT DISTINCT b.term, b.first, b.block FROM unnest($2::text[], $3::bigint[]) AS c(term, "
                "passage) CROSS JOIN LATERAL (SELECT p.term, p.first, p.block FROM index_posting p WHERE "
                "p.collection = $1 AND p.workspace = $workspace AND p.term = c.term AND p.first <= c.passage "
                "ORDER BY p.first DESC LIMIT 1) b",
                std::move(parameters)));
        for (const auto row : rows) blocks_[row.text("term")].push_back({whole(row, "first"), row.bytes("block")});
        co_return Result<void>();
    }

    bool apply(std::string_view term, const Changes& changes) {
        std::vector<PostingBlock> blocks;
        if (const auto known = blocks_.find(std::string(term)); known != blocks_.end()) blocks = known->second;
        std::ranges::sort(blocks, {}, &PostingBlock::first);
        std::span<const PostingChange> rest(changes);
        for (std::size_t i = 0; i < std::max<std::size_t>(1, blocks.size()) && !rest.empty(); ++i) {
            const bool is_last = i + 1 >= blocks.size();
            const auto end = is_last ? rest.end() : std::ranges::lower_bound(rest, blocks[i + 1].first, {}, passage_of);
            const auto here = rest.first(static_cast<std::size_t>(end - rest.begin()));
            rest = rest.subspan(here.size());
            if (here.empty()) continue;
            std::vector<PostingBlock> one;
            if (i < blocks.size()) one.push_back(blocks[i]);
            auto after = changed_blocks(std::move(one), here);
            if (!after) return false;
            const bool stays = i < blocks.size() && !after->empty() && after->front().first == blocks[i].first;
            if (i < blocks.size() && !stays) {
                gone_terms_.add(term);
                gone_firsts_.add(static_cast<std::int64_t>(blocks[i].first));
            }
            for (const auto& block : *after) keep(term, block);
        }
        return true;
    }

    void keep(std::string_view term, const PostingBlock& block) {
        terms_.add(term);
        firsts_.add(static_cast<std::int64_t>(block.first));
        places_.add(static_cast<std::int64_t>(bytes_.size() + 1));
        sizes_.add(static_cast<std::int64_t>(block.bytes.size()));
        bytes_ += block.bytes;
    }

    Task<void> erase_blocks() {
        if (gone_terms_.size() == 0) co_return Result<void>();
        Parameters parameters{generation_, gone_terms_.take(), gone_firsts_.take()};
        SLIPWAY_CO_CHECK(co_await transaction_.execute(
            "DELETE FROM index_posting p USING unnest($2::text[], $3::bigint[]) AS g(term, first) WHERE "
            "p.collection = $1 AND p.workspace = $workspace AND p.term = g.term AND p.first = g.first",
            std::move(parameters)));
        co_return Result<void>();
    }

    // All bytes as one value, of which each row takes its part.
    Task<void> write_blocks() {
        if (terms_.size() == 0) co_return Result<void>();
        Parameters parameters{generation_,    terms_.take(), firsts_.take(),
                              places_.take(), sizes_.take(), Bytes{std::move(bytes_)}};
        SLIPWAY_CO_CHECK(co_await transaction_.execute(
            "INSERT INTO index_posting (collection, workspace, term, first, block) SELECT $1::bigint, "
            "$workspace::text, u.term, u.first, substring($6::bytea from u.place for u.size) FROM unnest($2::text[], "
            "$3::bigint[], $4::int[], $5::int[]) AS u(term, first, place, size) ON CONFLICT (collection, workspace, "
            "term, first) DO UPDATE SET block = excluded.block",
            std::move(parameters)));
        co_return Result<void>();
    }

    Transaction& transaction_;
    std::int64_t generation_;
    std::unordered_map<std::string_view, Changes> changes_;
    std::unordered_map<std::string, std::vector<PostingBlock>> blocks_;
    ArrayText gone_terms_, gone_firsts_, terms_, firsts_, places_, sizes_;
    std::string bytes_;
};

Task<void> merge_in(Transaction& transaction, std::int64_t generation, std::uint64_t bytes_max, Space& space) {
    SLIPWAY_CO_TRY(space, co_await lock_space(transaction, generation));
    Parameters parameters{generation, bytes_max};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute(
                       "SELECT number, base, changes FROM (SELECT number, base, changes, sum(length(changes)) OVER "
                       "(ORDER BY number) - length(changes) AS before FROM index_waiting WHERE collection = $1 AND "
                       "workspace = $workspace) w WHERE before < $2::bigint ORDER BY number",
                       std::move(parameters)));
    if (rows.empty()) co_return Result<void>();
    std::vector<Batch> batches;
    std::uint64_t bytes = 0;
    std::int64_t last = 0;
    for (const auto row : rows) {
        batches.push_back({whole(row, "base"), row.bytes("changes")});
        bytes += batches.back().bytes.size();
        last = row.integer("number");
    }
    Merge merge(transaction, generation);
    SLIPWAY_CO_CHECK(co_await merge.run(batches));
    Parameters merged{generation, last};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "DELETE FROM index_waiting WHERE collection = $1 AND workspace = $workspace AND number <= $2",
        std::move(merged)));
    space.waiting_batches -= std::min<std::uint64_t>(space.waiting_batches, batches.size());
    space.waiting_bytes -= std::min(space.waiting_bytes, bytes);
    co_return co_await save_space(transaction, generation, space);
}

}  // namespace

std::int64_t generation_of(const RemoteCollection& collection) {
    std::int64_t number = 0;
    std::from_chars(collection.name.data(), collection.name.data() + collection.name.size(), number);
    return number;
}

std::unexpected<Error> damaged(std::string_view what) {
    return fail(ErrorCode::unavailable, "The search index in PostgreSQL is damaged: {}. Run `slipway reindex`.", what);
}

Task<Space> lock_space(Transaction& transaction, std::int64_t generation) {
    Parameters parameters{generation};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute(
                       "INSERT INTO index_space AS s (collection, workspace, passages, terms, vectors, number_next, "
                       "waiting_batches, waiting_bytes) SELECT c.number, $workspace::text, 0, 0, 0, 1, 0, 0 FROM "
                       "index_collection c WHERE c.number = $1 AND c.name IS NOT NULL FOR SHARE OF c ON CONFLICT "
                       "(collection, workspace) DO UPDATE SET passages = s.passages RETURNING s.passages, s.terms, "
                       "s.vectors, s.number_next, s.waiting_batches, s.waiting_bytes, s.settled",
                       std::move(parameters)));
    if (rows.empty()) co_return collection_is_gone();
    const auto row = rows.front();
    co_return Space{.statistics = {whole(row, "passages"), whole(row, "terms")},
                    .vectors = whole(row, "vectors"),
                    .number_next = whole(row, "number_next"),
                    .waiting_batches = whole(row, "waiting_batches"),
                    .waiting_bytes = whole(row, "waiting_bytes"),
                    .settled = whole(row, "settled")};
}

Task<void> save_space(Transaction& transaction, std::int64_t generation, const Space& space) {
    Parameters parameters{generation,        space.statistics.passages, space.statistics.terms, space.vectors,
                          space.number_next, space.waiting_batches,     space.waiting_bytes,    space.settled};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "UPDATE index_space SET passages = $2, terms = $3, vectors = $4, number_next = $5, waiting_batches = $6, "
        "waiting_bytes = $7, settled = $8 WHERE collection = $1 AND workspace = $workspace",
        std::move(parameters)));
    co_return Result<void>();
}

Task<void> add_waiting(Transaction& transaction, std::int64_t generation, Space& space, std::uint64_t base,
                       std::string changes) {
    ++space.waiting_batches;
    space.waiting_bytes += changes.size();
    Parameters parameters{generation, base, Bytes{std::move(changes)}};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "INSERT INTO index_waiting (collection, workspace, base, changes) VALUES ($1, $workspace, $2, $3)",
        std::move(parameters)));
    co_return Result<void>();
}

bool add_changes(std::string_view bytes, std::uint64_t base, std::vector<PostingChange>& changes) {
    const auto known = changes.size();
    if (!decode_changes(bytes, changes)) return false;
    for (auto& change : std::span(changes).subspan(known)) change.posting.passage += base;
    return true;
}

Task<void> merge_waiting(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                         std::uint64_t bytes_max, Space& space) {
    const Database::Body body = [&](Transaction& transaction) {
        return merge_in(transaction, generation, bytes_max, space);
    };
    co_return co_await database.transact(workspace, body);
}

}  // namespace slipway::store::pgvector
