#include "job/upkeep.h"

#include "base/log.h"
#include "job/tables.h"
#include "store/queue/effect.h"

namespace slipway::job {

Task<std::int64_t> Upkeep::forget(Forget* step, Instant before, bool& all) {
    std::int64_t count = 0;
    for (std::size_t statements = 0; statements < options_.statements_max; ++statements) {
        SLIPWAY_CO_TRY(const auto some, co_await step(database_, before, options_.rows_max));
        count += some;
        if (some < static_cast<std::int64_t>(options_.rows_max)) co_return count;
    }
    all = false;
    co_return count;
}

Task<Upkeep::Swept> Upkeep::sweep(Instant at) {
    Swept swept;
    SLIPWAY_CO_TRY(swept.jobs, co_await forget(&forget_jobs, at - options_.jobs_kept, swept.all));
    SLIPWAY_CO_TRY(swept.effects, co_await forget(&store::forget_effects, at - options_.effects_kept, swept.all));
    co_return swept;
}

asio::awaitable<void> Upkeep::sweep_if_due() {
    const auto at = std::chrono::steady_clock::now();
    if (next_ && at < *next_) co_return;
    next_ = at + options_.every;  // before the first wait: one sweep at a time
    const auto swept = co_await sweep(now());
    if (!swept) {
        log::warning("old jobs not forgotten", {{"reason", json::string_view(swept.error().message)}});
        co_return;
    }
    if (!swept->all) next_ = at + options_.every / 60;
    if (swept->jobs + swept->effects > 0)
        log::info("old jobs forgotten", {{"jobs", swept->jobs}, {"effects", swept->effects}});
}

}  // namespace slipway::job
