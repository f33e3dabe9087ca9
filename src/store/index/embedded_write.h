// What changes the embedded index. Everything here blocks and runs inside the caller's transaction on the writer's
// connection.
#pragma once

#include "store/index/embedded_merge.h"
#include "store/index/embedded_prepare.h"

namespace slipway::store::embedded {

// `space_given` as in make_space(). `conflict` when the collection is not any more what the passages were prepared for.
Result<void> upsert(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view collection,
                    const CollectionOptions& prepared_for, const PreparedPassages& passages,
                    const WaitingLimits& limits, std::int64_t& space_given);
// How many there were.
Result<std::size_t> erase(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view collection,
                          const std::vector<std::string>& ids, const WaitingLimits& limits);
Result<std::size_t> erase_where(sqlite::Connection& connection, const WorkspaceId& workspace,
                                std::string_view collection, const Filter& filter, const WaitingLimits& limits);

}  // namespace slipway::store::embedded
