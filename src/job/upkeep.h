// Forgets what nobody asks for any more: rows of jobs that ended long ago, and records of effects
// (store/queue/effect.h) whose message cannot come back. The worker does it beside its work (worker.h), so that a
// database without work may sleep.
#pragma once

#include <optional>

#include "base/clock.h"
#include "store/database/database.h"

namespace slipway::job {

struct UpkeepOptions {
    Milliseconds every{3'600'000};                       // at most so often
    Milliseconds jobs_kept{30LL * 24 * 3600 * 1000};     // from the end of a job: done or given up
    Milliseconds effects_kept{90LL * 24 * 3600 * 1000};  // longer than a message lives: a dead letter that is
                                                         // redriven later may have its effect again
    std::size_t rows_max = 1'000;                        // of one statement
    std::size_t statements_max = 20;                     // of one sweep, for each of the two
};

// For one event loop.
class Upkeep {
 public:
    // `database` outlives it; it has the tables of job::migrations() and store::effect_migrations().
    Upkeep(store::Database& database, UpkeepOptions options) : database_(database), options_(options) {}

    struct Swept {
        std::int64_t jobs = 0, effects = 0;
        bool all = true;  // false: there is more
    };
    Task<Swept> sweep(Instant at);
    // sweep() when it is time for one; when a sweep has left some, a sixtieth of the time suffices. What fails is
    // logged, and done at the next time.
    asio::awaitable<void> sweep_if_due();

 private:
    using Forget = Task<std::int64_t>(store::Database&, Instant, std::size_t);
    Task<std::int64_t> forget(Forget* step, Instant before, bool& all);

    store::Database& database_;
    UpkeepOptions options_;
    std::optional<std::chrono::steady_clock::time_point> next_;
};

}  // namespace slipway::job
