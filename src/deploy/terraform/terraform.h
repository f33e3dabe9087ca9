// Runs Terraform on a copy of a stack, without an account, credentials or state: what it plans is what would be built
// from nothing. Linux, Terraform 1.11 or later. The stack's own folder is not touched.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "deploy/terraform/sources.h"

namespace slipway::deploy {

struct StackRun {
    std::vector<std::filesystem::path> variable_files;  // later ones win
    std::vector<std::string> variables;                 // "image=…"
    // Folder of providers. Empty: where Terraform finds them itself if AWS's is there, else the provider of the schema
    // (deploy/provider) that this program has; only a build without the schema asks Terraform's registry.
    std::filesystem::path plugins;
    std::filesystem::path home;                       // of the user, whose own configuration of Terraform counts
    std::function<void(std::string_view text)> note;  // hears what a reader of the plan has to know; may be empty
};

// The plan, as `terraform show -json` prints it. `progress` hears what is done next. Blocks for seconds, minutes at
// most; not on an event loop. `not_found` when Terraform is not installed; `invalid` with Terraform's own words when it
// refuses.
Result<std::string> plan_stack(const Sources& sources, const StackRun& run,
                               const std::function<void(std::string_view step)>& progress);

}  // namespace slipway::deploy
