#include "job/scheduler.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"

namespace slipway::job {
namespace {

constexpr Milliseconds kLookEvery{1'000};
constexpr Milliseconds kWaitMax{60'000};  // the clock may be set meanwhile

}  // namespace

Scheduler::Scheduler(store::Database& database, Jobs& jobs, std::vector<ScheduledJob> entries)
    : database_(database), jobs_(jobs), entries_(std::move(entries)) {}
Scheduler::~Scheduler() = default;

asio::awaitable<void> Scheduler::run() {
    const auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
    timer_ = timer;
    bool told = false;
    while (!stopping_) {
        const auto at = now();
        if (!next_ || at >= *next_) {
            const auto started = co_await start_due(at);
            if (!started && !told)
                log::warning("schedules cannot be read", {{"reason", json::string_view(started.error().message)}});
            told = !started;
        }
        if (stopping_) break;
        const auto left = next_ ? std::chrono::ceil<Milliseconds>(*next_ - now()) : kLookEvery;
        timer->expires_after(std::clamp(left, kLookEvery, kWaitMax));
        co_await timer->async_wait(asio::as_tuple(asio::deferred));
    }
}

void Scheduler::stop() {
    stopping_ = true;
    if (const auto timer = timer_.lock()) timer->cancel();
}

Task<std::size_t> Scheduler::start_due(Instant at) {
    std::size_t count = 0;
    next_.reset();
    for (const auto& entry : entries_) {
        auto started = co_await start_if_due(entry, at);
        if (!started) {
            next_.reset();  // soon
            co_return pass(started);
        }
        if (*started) ++count;
    }
    if (!next_) next_ = Instant::max();
    co_return count;
}

Task<bool> Scheduler::start_if_due(const ScheduledJob& entry, Instant at) {
    store::Parameters known{entry.name};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(entry.workspace,
                                           "select due from job_schedule where workspace = $workspace and name = $1",
                                           std::move(known)));
    const auto next = entry.schedule.next(at);
    if (!next) co_return false;
    if (rows.empty()) {  // the first time: it is due from now on
        store::Parameters fresh{entry.name, *next};
        SLIPWAY_CO_CHECK(co_await database_.write(entry.workspace,
                                                  "insert into job_schedule (workspace, name, due) values "
                                                  "($workspace, $1, $2) on conflict (workspace, name) do nothing",
                                                  std::move(fresh)));
        look_again_at(at + kLookEvery);  // another process may have been the first, with a time that is sooner
        co_return false;
    }
    const auto due = rows.front().instant("due");
    // A schedule that was changed to come sooner.
    const bool sooner = due > *next;
    if (due > at && !sooner) {
        look_again_at(due);
        co_return false;
    }
    if (!sooner) {
        auto job = entry.job;
        job.deduplication_key = fmt::format("schedule:{}:{}", entry.name, to_unix_ms(due));
        SLIPWAY_CO_CHECK(co_await jobs_.start(entry.workspace, std::move(job)));
    }
    // Only now: should this process end before, another starts the same job, which is the one that is there.
    store::Parameters later{entry.name, due, *next};
    SLIPWAY_CO_TRY(const auto moved, co_await database_.write(entry.workspace,
                                                              "update job_schedule set due = $3 where workspace = "
                                                              "$workspace and name = $1 and due = $2",
                                                              std::move(later)));
    look_again_at(*next);
    co_return !sooner && moved.changed() == 1;
}

}  // namespace slipway::job
