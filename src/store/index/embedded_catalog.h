// The tables of the embedded index, and who is who in them. A space is a workspace in a collection; it has an integer
// of its own, and numbers its passages, so that keys stay small and all that is one tenant's lies together.
//
// Everything here blocks and works on the caller's connection, inside its transaction.
#pragma once

#include "store/index/bm25.h"
#include "store/index/index.h"
#include "store/sqlite/connection.h"

namespace slipway::store::embedded {

struct Collection {
    std::int64_t key = 0;
    CollectionOptions options;
};

struct Space {
    std::int64_t key = 0;
    TextStatistics statistics;
    std::uint64_t number_next = 0;    // of the next new passage
    std::uint64_t number_merged = 0;  // passages from this on are in no posting block yet, only in batches
    std::uint64_t waiting_batches = 0, waiting_bytes = 0;
};

// Passages and vectors are keyed by space and number in one integer, which is SQLite's rowid.
inline constexpr int kNumberBits = 36;
inline constexpr std::uint64_t kNumberEnd = std::uint64_t{1} << kNumberBits;
inline constexpr std::int64_t kSpaceEnd = std::int64_t{1} << 27;

inline std::int64_t key_of(std::int64_t space, std::uint64_t number) {
    return (space << kNumberBits) | static_cast<std::int64_t>(number);
}
inline std::uint64_t number_of(std::int64_t key) { return static_cast<std::uint64_t>(key) & (kNumberEnd - 1); }

inline constexpr std::string_view kRepair = "Rebuild it from the documents with `slipway reindex`.";

// `unavailable`: what the file holds contradicts itself.
std::unexpected<Error> damaged(const sqlite::Connection& connection, std::string_view what);

// Creates the tables in a new file; `unavailable` for a file of another version or another program.
Result<void> prepare_file(sqlite::Connection& connection);

Result<std::optional<Collection>> find_collection(sqlite::Connection& connection, std::string_view name);
// `not_found` when there is none.
Result<Collection> collection_named(sqlite::Connection& connection, std::string_view name);
Result<void> ensure_collection(sqlite::Connection& connection, std::string_view name, const CollectionOptions& options);
Result<void> drop_collection(sqlite::Connection& connection, std::string_view name);
Result<std::uint64_t> passages_in(sqlite::Connection& connection, const Collection& collection);

Result<std::optional<Space>> find_space(sqlite::Connection& connection, const Collection& collection,
                                        const WorkspaceId& workspace);
// A new space gets a key above `space_given`, the largest one that was ever given while the file is open.
Result<Space> make_space(sqlite::Connection& connection, const Collection& collection, const WorkspaceId& workspace,
                         std::int64_t& space_given);
Result<std::int64_t> largest_space(sqlite::Connection& connection);
// One in which batches wait to be merged.
Result<std::optional<Space>> waiting_space(sqlite::Connection& connection);
// Writes the statistics back; a space without passages is removed.
Result<void> save_space(sqlite::Connection& connection, const Space& space);

}  // namespace slipway::store::embedded
