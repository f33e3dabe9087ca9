// A workspace in a collection, and its postings: locked by who writes, merged when much waits (pgvector.h). Internal to
// this room.
#pragma once

#include "store/database/database.h"
#include "store/index/bm25.h"
#include "store/index/pgvector.h"
#include "store/index/posting_batch.h"
#include "store/index/remote_index.h"

namespace slipway::store::pgvector {

struct Space {
    TextStatistics statistics;
    std::uint64_t vectors = 0;
    std::uint64_t number_next = 1;  // of the next new passage; grows always, so new postings stand behind all others
    std::uint64_t waiting_batches = 0, waiting_bytes = 0;
    std::uint64_t settled = 0;  // passages up to this number are where they belong (pgvector_graph.h)
};

std::int64_t generation_of(const RemoteCollection& collection);

// `unavailable`: what the tables hold contradicts itself.
std::unexpected<Error> damaged(std::string_view what);

// Until the transaction ends nobody else writes into the space, and the collection is not dropped. collection_is_gone()
// when it was.
Task<Space> lock_space(Transaction& transaction, std::int64_t generation);
Task<void> save_space(Transaction& transaction, std::int64_t generation, const Space& space);

// Changes of postings of passages whose numbers count from `base`. Updates what `space` says of what waits.
Task<void> add_waiting(Transaction& transaction, std::int64_t generation, Space& space, std::uint64_t base,
                       std::string changes);

// What one batch says of one term, with whole numbers; false when it is damaged.
bool add_changes(std::string_view bytes, std::uint64_t base, std::vector<PostingChange>& changes);

// Merges the oldest of what waits, some bytes at most and one batch at least. In its own transaction.
Task<void> merge_waiting(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                         std::uint64_t bytes_max, Space& space);

}  // namespace slipway::store::pgvector
