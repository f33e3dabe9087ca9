// All rows of a SQLite file, of one moment, for SqliteDatabase::dump().
#pragma once

#include <filesystem>

#include "store/database/database.h"
#include "store/sqlite/connection.h"

namespace slipway::store {

// Opens a connection of its own, and steps on a thread of its own.
Task<void> dump_sqlite(std::filesystem::path file, sqlite::ConnectionOptions options, Database::Page page);

}  // namespace slipway::store
