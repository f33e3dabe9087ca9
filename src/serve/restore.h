// Puts a backup (backup.h) into a data folder, all of it or nothing, whenever the process or the machine stops.
//
// The backup's files are first copied beside those that are there. Then a list of what takes whose place is written:
// with it the restore has happened. Whoever opens the folder next finishes what the list says.
#pragma once

#include <filesystem>

#include "app/manifest/manifest.h"
#include "base/json.h"
#include "serve/data_folder.h"

namespace slipway::serve {

// `conflict` when a process uses the folder, or when it holds data already and `replace` is not set (the old data is
// kept beside it then, with the ending ".before-restore"); `invalid` for a damaged or newer backup. The search index is
// removed, for the next opening to make it anew. Returns what backup.json says. Blocks.
// Stores that are no files of this machine: the rows go into the database, which must be empty; originals in a bucket
// are where they were.
Result<json::object> restore(const std::filesystem::path& source, const app::Manifest& manifest,
                             const Environment& environment, bool replace);

// Finishes a restore that was cut short, or takes away what one left that had not got so far.
Result<void> finish_restore(const DataFolder& folder, const app::Manifest& manifest);

}  // namespace slipway::serve
