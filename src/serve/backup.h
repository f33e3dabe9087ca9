// A backup is a folder: the database as one consistent file, the originals, the files of users that lie in folders, the
// secrets made here, and backup.json with the checksum of each. It can be taken while the server works. The search
// index is left out: restore makes it anew from the database (restore.h).
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "serve/application.h"

namespace slipway::serve {

// `conflict` when the destination exists. It appears complete or not at all; what an earlier attempt left lies in a
// folder with the ending ".incomplete" until the next one. One at a time.
Task<json::object> backup(Application& application, std::string destination);

// What a backup is recognised by.
inline constexpr std::string_view kBackupIndexName = "backup.json";
inline constexpr int kBackupFormat = 1;
// Hex SHA-256 of a file's content. Blocks.
Result<std::string> checksum_of_file(const std::filesystem::path& path);

}  // namespace slipway::serve
