// What changes the embedded index. Everything here blocks and runs inside the caller's transaction on the writer's
// connection.
#pragma once

#include "store/index/embedded_merge.h"

namespace slipway::store::embedded {

struct TermCount {
    std::string term;
    std::uint64_t occurrences = 0;
};

// A passage ready to be written; made beforehand, so that the writer's thread need not analyse text.
struct PreparedPassage {
    std::string id, name_space, text, extra_text;
    std::string metadata;               // JSON
    std::optional<std::string> vector;  // bytes
    std::vector<TermCount> terms;       // each once
    std::uint64_t length = 0;           // of all terms
};

// In the order of the ids' last appearance; an id that comes twice keeps only its last passage.
std::vector<PreparedPassage> prepare_passages(std::vector<Passage> passages, const CollectionOptions& options);

// `conflict` when the collection is not any more what the passages were prepared for.
Result<void> upsert(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view collection,
                    const CollectionOptions& prepared_for, const std::vector<PreparedPassage>& passages,
                    const WaitingLimits& limits);
// How many there were.
Result<std::size_t> erase(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view collection,
                          const std::vector<std::string>& ids, const WaitingLimits& limits);
Result<std::size_t> erase_where(sqlite::Connection& connection, const WorkspaceId& workspace,
                                std::string_view collection, const Filter& filter, const WaitingLimits& limits);

}  // namespace slipway::store::embedded
