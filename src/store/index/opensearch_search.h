// One search in OpenSearch (opensearch.h). Internal to this room.
#pragma once

#include "store/index/opensearch_catalog.h"

namespace slipway::store::opensearch {

Task<std::vector<Hit>> search(RemoteClient& client, const OpenSearchOptions& options,
                              const RemoteCollection& collection, const WorkspaceId& workspace, const Query& query);

// POST /<index>/<what> with this body, within read_time_max.
Task<RemoteAnswer> ask(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
                       std::string_view what, std::string body);
Task<std::uint64_t> count(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
                          json::object query, std::size_t enough);
// The objects of hits.hits.
Result<std::vector<const json::object*>> hits_of(const RemoteAnswer& answer);

}  // namespace slipway::store::opensearch
