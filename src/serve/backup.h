// A backup is a folder: the database as one consistent file, the originals, the secrets made here, and backup.json with
// the checksum of each. It can be taken while the server works. The search index is left out: restore makes it anew
// from the database.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "serve/application.h"

namespace slipway::serve {

// `conflict` when the destination exists. It appears complete or not at all.
Task<json::object> backup(Application& application, std::string destination);

// Puts a backup's files into a data folder that nobody serves from. `conflict` when it holds data already and `replace`
// is not set (the old data is kept beside it then, with the ending ".before-restore"), `invalid` for a damaged or newer
// backup. Blocks.
Result<json::object> restore(const std::filesystem::path& source, const app::Manifest& manifest, bool replace);

}  // namespace slipway::serve
