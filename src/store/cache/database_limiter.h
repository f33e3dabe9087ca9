// Limits in the database of the application, for servers that share a PostgreSQL and no Redis: one statement for each
// request, by the clock of the database. Its table is not logged ahead: a crash of the database forgets what was
// counted, and no request waits for a disk.
//
// Whoever was refused stays so until its time in this process without the database being asked: nobody can be admitted
// earlier, so a flood costs nothing. While the database does not answer, this process judges alone with a share of the
// burst.
#pragma once

#include <memory>
#include <span>

#include "store/cache/cache.h"
#include "store/database/database.h"

namespace slipway::store {

// The table `rate_limits`; database.migrate() makes it.
std::span<const Migration> limiter_migrations();

struct DatabaseLimiterOptions {
    std::size_t degraded_divisor = 4;  // as CacheOptions
    Milliseconds pause_after_loss{1'000};
    Milliseconds sweep_every{60'000};  // rows whose limit is whole again
};

// `database` is a PostgreSQL and outlives it.
std::unique_ptr<Limiter> make_database_limiter(Database& database, DatabaseLimiterOptions options = {});

}  // namespace slipway::store
