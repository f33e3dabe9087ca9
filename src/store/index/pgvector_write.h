// Passages as rows: what a pool prepares, and what one transaction writes (pgvector.h). Internal to this room.
#pragma once

#include "store/index/pgvector_space.h"

namespace slipway::store::pgvector {

// Rows of one statement, column by column, and the postings of their words.
struct PreparedRows {
    std::size_t count = 0;
    std::uint64_t terms = 0, vectors = 0;
    std::string ids, namespaces, facts, numbers, lengths, words, contents, embeddings;  // arrays
    std::string postings;  // a batch (posting_batch.h), the passages numbered from 0
};

struct PreparedWrite {
    std::vector<PreparedRows> parts;
};

// Takes milliseconds for a hundred passages: on a pool. Of an id given twice the last stays.
PreparedWrite prepare_write(const std::vector<Passage>& passages, const CollectionOptions& options);

// The passages as they are returned, from a row's content.
Result<Passage> passage_of(std::string id, std::string name_space, std::string_view content);

// In one transaction; `space` is how it was left.
Task<void> write_passages(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                          const PreparedWrite& write, Space& space);
// In one transaction; how many there were.
Task<std::size_t> erase_passages(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                                 const std::vector<std::string>& ids, Space& space);
// At most `count` of those that match, in one transaction; how many there were.
Task<std::size_t> erase_some(Database& database, const WorkspaceId& workspace, std::int64_t generation,
                             const Filter& filter, std::size_t count, Space& space);

}  // namespace slipway::store::pgvector
