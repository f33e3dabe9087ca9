// The application as `slipway plan` asks about it: its manifest, and what it would do with a task's variables.
#pragma once

#include <filesystem>

#include "app/manifest/manifest.h"
#include "deploy/check/check.h"

namespace slipway::cli {

struct PlannedApplication {
    app::Manifest manifest;
    deploy::Application application;
};

// `invalid` with the manifest's errors.
Result<PlannedApplication> plan_application(const std::filesystem::path& folder);

}  // namespace slipway::cli
