// What asks the embedded index. Everything here blocks; each call works on one snapshot of its own.
#pragma once

#include "store/index/embedded_codes.h"

namespace slipway::store::embedded {

Result<std::optional<CollectionInfo>> describe(sqlite::Connection& connection, std::string_view collection);
Result<std::vector<Hit>> search(sqlite::Connection& connection, KeptCodes& codes, const WorkspaceId& workspace,
                                std::string_view collection, const Query& query);
Result<Page> scroll(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view collection,
                    const Filter& filter, std::size_t limit, const std::optional<std::string>& cursor);
Result<std::uint64_t> count(sqlite::Connection& connection, const WorkspaceId& workspace, std::string_view collection,
                            const Filter& filter);

}  // namespace slipway::store::embedded
