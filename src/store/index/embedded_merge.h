// What waits in batches (posting_batch.h) becomes part of the table of posting blocks. Everything here blocks and runs
// inside the caller's transaction on the writer's connection.
#pragma once

#include "store/index/embedded_catalog.h"
#include "store/index/posting_batch.h"

namespace slipway::store::embedded {

// So much may wait in a space. More means less work for a writer, and more for a search in the meantime.
struct WaitingLimits {
    std::uint64_t batches = 128;
    std::uint64_t bytes = 4 << 20;
};

// Leaves the changes as a batch; merges all that waits when it is too much. Updates what `space` says of it.
Result<void> add_batch(sqlite::Connection& connection, Space& space, PostingChanges& changes,
                       const WaitingLimits& limits);
// All that waits in one space, if there is one where something does; false when there was none.
Result<bool> merge_some(sqlite::Connection& connection);

}  // namespace slipway::store::embedded
