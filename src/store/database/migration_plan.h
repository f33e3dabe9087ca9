// Which migrations are still to be applied: the same rules for every adapter. What was applied stands in the table
// schema_migration(capability, number, checksum, applied_at, works_from), one row per step.
//
// `works_from` is the newest contracting step (migration_kind.h) up to this one, 0 when there is none: a program that
// knows the capability's steps up to that works with the data. Tables that are made anew are on their way to the newest
// step of the program that makes them, so each row of theirs says that one's. NULL: applied by a release that did not
// note it.
//
// While servers are replaced one by one, two releases share the data. So a program works beside expanding steps that it
// does not know, and serves while contracting steps of its own wait for `slipway migrate --contract`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/database/database.h"

namespace slipway::store {

inline constexpr std::string_view kMigrationTable =
    "CREATE TABLE IF NOT EXISTS schema_migration (capability TEXT NOT NULL, number INTEGER NOT NULL, checksum TEXT NOT "
    "NULL, applied_at BIGINT NOT NULL, works_from BIGINT, PRIMARY KEY (capability, number))";
// For a table that a release of before made.
inline constexpr std::string_view kMigrationTableGrows = "ALTER TABLE schema_migration ADD COLUMN works_from BIGINT";
// Also of a table without works_from: the inner name then means the outer one.
inline constexpr std::string_view kAppliedSteps =
    "SELECT m.capability, m.number, m.checksum, (SELECT works_from FROM schema_migration s WHERE s.capability = "
    "m.capability AND s.number = m.number) AS works_from FROM schema_migration m CROSS JOIN (SELECT CAST(NULL AS "
    "BIGINT) AS works_from) AS unknown ORDER BY m.capability, m.number";

struct AppliedMigration {
    std::string capability;
    std::int64_t number = 0;
    std::string checksum;
    std::optional<std::int64_t> works_from = std::nullopt;
};

// Contracting steps of a capability that older programs may use: left for later, or applied as well.
enum class ContractSteps : unsigned char { wait, apply };

struct MigrationPlan {
    std::vector<const Migration*> missing;  // to be applied now, in the order given
    std::vector<const Migration*> waiting;  // contracting steps that are left for later
    std::vector<const Migration*> unnoted;  // applied, and without works_from
    std::vector<std::string> newer;         // "knowledge 5": expanding steps of a newer release
};

// Hex SHA-256 of the SQL as written, before the dialect.
std::string checksum_of(const Migration& migration);
// What is noted as works_from with `step`, which is applied to what is `applied` already.
std::int64_t works_from(std::span<const Migration> migrations, const Migration& step,
                        std::span<const AppliedMigration> applied);
// Whether a step that is not applied takes something from programs that work with the data now.
bool contracts(const Migration& step, std::span<const AppliedMigration> applied);

// Reads them from a database that is open, and changes nothing; none where nothing was ever applied.
Task<std::vector<AppliedMigration>> applied_steps(Database& database);
std::vector<AppliedMigration> applied_from(const Rows& rows);  // of kAppliedSteps

// Capabilities that are recorded but not given are left alone.
// `conflict` when a newer release has contracted the data (or did not note it), a recorded step has another checksum,
// one is missing before a recorded one, or an expanding step stands behind a contracting one that has to wait;
// `internal` when the given numbers of a capability are not 1, 2, 3 … in order.
Result<MigrationPlan> plan_migrations(std::span<const Migration> migrations, std::span<const AppliedMigration> applied,
                                      ContractSteps contract = ContractSteps::wait);

// Tells the log once what a program that starts has to know: steps of a newer release, steps that wait.
void log_plan(const MigrationPlan& plan);

}  // namespace slipway::store
