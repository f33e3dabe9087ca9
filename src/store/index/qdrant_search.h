// One search in Qdrant (qdrant.h). Internal to this room.
#pragma once

#include "store/index/qdrant_statistics.h"

namespace slipway::store::qdrant {

Task<std::vector<Hit>> search(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace,
                              const Query& query);

}  // namespace slipway::store::qdrant
