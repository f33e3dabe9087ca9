// The embedded search index: one SQLite file of its own, passages, postings in blocks and in batches that wait to be
// merged into them, vectors compared exactly, those alone that bytes in memory say may be near. One writer groups
// concurrent calls into one commit (WAL, synchronous=FULL); readers run beside it, each call on one snapshot.
#pragma once

#include <filesystem>
#include <memory>

#include "store/index/index.h"

namespace slipway::store {

struct EmbeddedOptions {
    bool exclusive = false;                    // no other process may open the file; works on network file systems
    std::size_t readers = 0;                   // threads with a connection each; 0: cores + 1, at most 16
    std::size_t readers_waiting_max = 4096;    // calls in the queue; more are answered `unavailable`
    std::size_t writers_waiting_max = 1024;    // the same for calls that write
    std::size_t reader_cache_bytes = 8 << 20;  // of pages, each reader
    std::size_t writer_cache_bytes = 64 << 20;
    Milliseconds read_time_max{30'000};
    Milliseconds write_time_max{120'000};   // of one call, once it is its turn
    Milliseconds drop_time_max{900'000};    // of drop and erase_where
    Milliseconds waiting_time_max{60'000};  // of a writing call for its turn
    std::uint64_t file_bytes_max = 0;       // 0: no limit but the disk's
    // Writing calls whose words wait to be merged into the table of postings, of one workspace in one collection; they
    // are merged when it is more, or when nothing was written for merge_after.
    std::uint64_t merge_batches_max = 256;
    Milliseconds merge_after{1000};
    // Bytes for vectors of workspaces that were searched (embedded_codes.h): of all together, and numbers of vectors
    // from which on a workspace has them. Where there are none each search reads all vectors.
    std::size_t code_bytes_max = 256 << 20, code_values_min = 1'000'000;
};

// Opens or creates the file (0600; its folder 0700). Blocks; call it at start. `unavailable` names the file and says
// what to do: a damaged file, and one that an incompatible version wrote, ask for `slipway reindex`, which rebuilds it
// from the documents.
//
// Errors of the calls: `not_found` for a collection that was not ensured; `invalid` beyond the limits of validation.h;
// `unavailable` when the disk is full, the queue is full, a time is over, or the file turns out to be damaged.
// Cancelling a coroutine interrupts its read, or rolls its write back. Destroy the index before the event loops of its
// callers. BM25 as in bm25.h, fusion as in ranking.h.
Result<std::unique_ptr<Index>> open_embedded(std::filesystem::path file, EmbeddedOptions options = {});

// Removes the file and what SQLite keeps beside it, so that the next open begins anew. Only while it is not open.
Result<void> remove_embedded(const std::filesystem::path& file);

}  // namespace slipway::store
