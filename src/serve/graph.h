// The graph of agents as the manifest draws it.
#pragma once

#include "agent/graph.h"
#include "app/manifest/manifest.h"
#include "knowledge/service.h"

namespace slipway::serve {

Result<std::unique_ptr<agent::Graph>> make_graph(const app::Manifest& manifest, knowledge::Knowledge& knowledge,
                                                 std::shared_ptr<model::ChatModel> model);

}  // namespace slipway::serve
