// The database on PostgreSQL 13 and later (RDS, Aurora; also through RDS Proxy and PgBouncer with transaction pooling).
//
// Statements run asynchronously on the event loop of their caller (libpq in pipeline mode). A transaction is
// serialisable, as SQLite's are: one that lost against another is run again from its beginning. Nothing is kept in a
// session: workspace, scope and time-outs are set for one transaction at a time, so any pooler may stand between.
//
// Two roles: the owner, who makes the tables (migrate), and the one that the application runs as, which owns nothing
// and cannot bypass row-level security (row_security.h).
#pragma once

#include <memory>
#include <string>

#include "store/database/database.h"
#include "store/database/migration_plan.h"
#include "store/database/postgres/pool.h"

namespace slipway::store {

struct PostgresOptions {
    std::string url;  // of the application's role (url.h)
    // Of the role that owns the tables. Empty: migrate() only looks whether all has been applied.
    std::string owner_url;
    // Whether the owner applies steps that contract (migration_plan.h), too: `conflict` while a server is connected
    // that knows fewer steps than this program.
    ContractSteps contract = ContractSteps::wait;
    // All steps that this program knows, also those of other databases. Their number, which only grows from release to
    // release, is told to the server in the application's name ("slipway steps=12"): so it is known who is connected.
    std::vector<Migration> known_steps;
    postgres::PoolOptions pool;
    Milliseconds start_time_max{30'000};        // for a server that is not there yet
    Milliseconds transaction_time_max{10'000};  // of a body with all its repetitions
    Milliseconds migration_time_max{600'000};   // of one step, and of waiting for another process that migrates
    Milliseconds backup_time_max{1'800'000};
    std::size_t result_bytes_max = 64 << 20;  // of the rows of one statement; more is `internal`: read in pages
    // Tables without a column `workspace`, each with its reason; when any are given, others fail the migration.
    std::vector<TableAboveWorkspaces> above_workspaces;
    bool refuse_bypass = true;  // a role that could bypass row-level security is `forbidden`; tests of that turn it off

    postgres::PoolOptions owner_pool() const;
    // above_workspaces; none, so that nothing is asked, beside steps that are not in known_steps: a newer release made
    // tables of which this one does not know the reason.
    std::span<const TableAboveWorkspaces> reasons_beside(std::span<const AppliedMigration> applied) const;
};

// Connects, and waits for a server that starts. Blocks; call it at start. `unavailable` names the server and says why,
// `invalid` says what is wrong with a URL; neither shows a password. Destroy it before the event loops of its callers.
Result<std::unique_ptr<Database>> open_postgres(PostgresOptions options);

}  // namespace slipway::store
