// Builds an application on empty stores in a temporary folder and takes it down again: what `slipway check` finds
// beyond the manifest (scripts, the graph, routes, prompts).
#pragma once

#include "app/manifest/manifest.h"

namespace slipway::serve {

Result<void> rehearse(app::Manifest manifest, Environment environment);

}  // namespace slipway::serve
