// Manifests for commands: loads one, and prints what is wrong with it.
#pragma once

#include "app/manifest/manifest.h"
#include "cli/command.h"

namespace slipway::cli {

struct Loaded {
    app::Manifest manifest;
    Environment environment;
};

// How every command reads a manifest: its data folder, and where its secrets are.
app::ManifestOptions manifest_options(const Target& target, const Environment& environment);

// Warnings go to standard error. `invalid` with all errors in its message.
Result<Loaded> load(const Target& target);

}  // namespace slipway::cli
