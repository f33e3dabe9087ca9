// Files that are on the disk, whole, when a call has answered; for backups, restores and what is made once.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace slipway::serve {

// The file of this name (0600) holds `text` or what it held before, never a part. `unavailable` with the reason.
Result<void> write_durably(const std::filesystem::path& path, std::string_view text);

// A file or a folder with all below it; folders that are missing are made (0700). What vanishes while it is copied is
// left out. `unavailable` names the file, and on a full disk how much is needed and how much is free.
Result<void> copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

// Makes what was renamed, made or removed in this folder outlast a power failure.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace slipway::serve
