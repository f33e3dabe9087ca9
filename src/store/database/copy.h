// An application's rows from one database to another, whatever their engines; and back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/database/database.h"

namespace slipway::store {

struct CopiedTable {
    std::string name;
    std::uint64_t rows = 0;
    std::string checksum;  // hex SHA-256 over the rows in the order of their keys
};

using CopyProgress = std::function<void(const CopiedTable& so_far)>;

struct CopyOptions {
    std::function<bool(std::string_view table)> takes;  // left out: all tables
    // The tables of `to` may hold rows already. One with the key of an arriving row stays as it is, so that a copy that
    // was cut short may be done again; afterwards counts are compared alone.
    bool add = false;
    CopyProgress progress;
};

// Copies all rows of `from`, as they are at one moment, into the tables of `to`, which both have from the same
// migrations. Then reads them back and compares counts and checksums. `conflict` when a table of `to` is not empty
// (nothing was written then) or what was read back differs; `invalid` when a table or column of `from` is not in `to`.
// An error in the middle leaves what was copied so far: empty the tables before the next attempt.
Task<std::vector<CopiedTable>> copy_rows(Database& from, Database& to, CopyOptions options = {});
// What it would refuse before it writes anything.
Task<void> check_copy(Database& from, Database& to, CopyOptions options);

// What a database holds, by table.
Task<std::vector<CopiedTable>> checksums_of(Database& database);

}  // namespace slipway::store
