// How adapters of remote engines remember what a collection was made with.
#pragma once

#include "store/index/index.h"

namespace slipway::store {

json::object write_collection_options(const CollectionOptions& options);
// `unavailable` when another version of the analyser made it, `conflict` when it is not ours.
Result<CollectionOptions> read_collection_options(const json::object& written);
// `conflict` unless dimension, metric and language are the same.
Result<void> check_same_options(std::string_view name, const CollectionOptions& found, const CollectionOptions& wanted);

}  // namespace slipway::store
