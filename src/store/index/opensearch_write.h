// Bulk writes to OpenSearch (opensearch.h). Internal to this room.
#pragma once

#include "store/index/opensearch_catalog.h"

namespace slipway::store::opensearch {

std::string document_id(const WorkspaceId& workspace, std::string_view id);

// What one passage becomes in a bulk request; `id` is for messages.
struct BulkItem {
    std::string id;
    std::string lines;
};
// Of ids given twice the last counts. Takes milliseconds for many passages: on a pool.
std::vector<BulkItem> index_items(const WorkspaceId& workspace, const std::vector<Passage>& passages,
                                  const CollectionOptions& options);
BulkItem delete_item(std::string id, std::string_view document);

// Sends the items in requests of at most bulk_bytes_max, those that found OpenSearch busy again, and makes them
// visible. Answers how many documents were deleted. One at a time for a collection.
Task<std::size_t> write_bulk(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
                             std::vector<BulkItem> items);

}  // namespace slipway::store::opensearch
