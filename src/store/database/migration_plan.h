// Which migrations are still to be applied: the same rules for every adapter. What was applied stands in the table
// schema_migration(capability, number, checksum, applied_at), one row per step.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/database/database.h"

namespace slipway::store {

inline constexpr std::string_view kMigrationTable =
    "CREATE TABLE IF NOT EXISTS schema_migration (capability TEXT NOT NULL, number INTEGER NOT NULL, checksum TEXT NOT "
    "NULL, "
    "applied_at BIGINT NOT NULL, PRIMARY KEY (capability, number))";

struct AppliedMigration {
    std::string capability;
    std::int64_t number = 0;
    std::string checksum;
};

// Hex SHA-256 of the SQL as written, before the dialect.
std::string checksum_of(const Migration& migration);

// The steps to apply, in the order given. Capabilities that are recorded but not given are left alone.
// `conflict` when a capability's data is newer than these migrations, a recorded step has another checksum, or one is
// missing before a recorded one; `internal` when the given numbers of a capability are not 1, 2, 3 … in order.
Result<std::vector<const Migration*>> plan_migrations(std::span<const Migration> migrations,
                                                      std::span<const AppliedMigration> applied);

}  // namespace slipway::store
