#include "store/cache/database_limiter.h"

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "base/crypto.h"
#include "base/metrics.h"
#include "store/cache/local_limits.h"

namespace slipway::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Migration kMigrations[] = {{"limits", 1, R"sql(
create {unlogged} table rate_limits (
    workspace text not null,
    subject text not null,
    empty_at bigint not null,
    counted integer not null,
    primary key (workspace, subject)
);
)sql"}};

// GCRA: `empty_at` is when the limit is whole again, in microseconds. $2 what one request costs, $3 the period. Who is
// refused leaves it as it was; `counted` says which of the two happened.
constexpr std::string_view kAdmit =
    "insert into rate_limits as l (workspace, subject, empty_at, counted) "
    "select $workspace, $1, (extract(epoch from clock_timestamp()) * 1000000)::bigint + $2::bigint, 1 "
    "on conflict (workspace, subject) do update set "
    "empty_at = case when greatest(l.empty_at, excluded.empty_at - $2::bigint) + $2::bigint "
    "<= excluded.empty_at - $2::bigint + $3::bigint "
    "then greatest(l.empty_at, excluded.empty_at - $2::bigint) + $2::bigint else l.empty_at end, "
    "counted = case when greatest(l.empty_at, excluded.empty_at - $2::bigint) + $2::bigint "
    "<= excluded.empty_at - $2::bigint + $3::bigint then 1 else 0 end "
    "returning l.counted, l.empty_at - (extract(epoch from clock_timestamp()) * 1000000)::bigint as full_after";
constexpr std::string_view kSweep =
    "delete from rate_limits where empty_at < (extract(epoch from clock_timestamp()) * 1000000)::bigint";
constexpr std::size_t kRefusedMax = 50'000;  // remembered here

std::int64_t milliseconds_up(std::int64_t microseconds) {
    return std::max<std::int64_t>(1, (microseconds + 999) / 1000);
}

// Who was refused, until when: in this process.
class Refused {
 public:
    std::optional<Admission> find(const std::string& subject) {
        const std::lock_guard hold(mutex_);
        const auto found = until_.find(subject);
        if (found == until_.end()) return std::nullopt;
        const auto current = Clock::now();
        if (found->second.again <= current) {
            until_.erase(found);
            return std::nullopt;
        }
        Admission admission;
        admission.retry_after = std::chrono::ceil<Milliseconds>(found->second.again - current);
        admission.full_after = std::chrono::ceil<Milliseconds>(found->second.full - current);
        return admission;
    }
    void note(std::string subject, const Admission& admission) {
        const std::lock_guard hold(mutex_);
        const auto current = Clock::now();
        if (until_.size() >= kRefusedMax)
            std::erase_if(until_, [&](const auto& one) { return one.second.again <= current; });
        if (until_.size() >= kRefusedMax) return;
        until_[std::move(subject)] = {current + admission.retry_after, current + admission.full_after};
    }

 private:
    struct Times {
        Clock::time_point again, full;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Times> until_;
};

class DatabaseLimiter : public Limiter {
 public:
    DatabaseLimiter(Database& database, DatabaseLimiterOptions options) : database_(database), options_(options) {}

    Task<Admission> admit(WorkspaceId workspace, CacheKey key, Limit limit) override {
        static auto& without =
            metrics::counter("slipway_cache_degraded_total", "Operations of the cache answered without its store.",
                             {{"operation", "admit"}});
        SLIPWAY_CO_CHECK(check_cache_key(key));
        SLIPWAY_CO_CHECK(check_limit(limit));
        const auto name = fmt::format("{}:{}:{}", limit.burst, limit.period.count(), local_key(workspace, key));
        if (const auto known = refused_.find(name)) co_return *known;
        if (may_ask()) {
            auto asked = co_await ask(workspace, name, limit);
            if (asked) {
                if (!asked->admitted) refused_.note(name, *asked);
                co_return asked;
            }
            if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "The request was cancelled.");
            ask_again_at_ = Clock::now() + options_.pause_after_loss;
        }
        without.add();
        co_return local_.admit_degraded(workspace, key, limit, options_.degraded_divisor);
    }

 private:
    bool may_ask() const { return Clock::now() >= ask_again_at_.load(); }

    // The subject is a hash: names of people are not left behind in a table, and all are equally long.
    Task<Admission> ask(WorkspaceId workspace, const std::string& name, const Limit& limit) {
        const auto period = limit.period.count() * 1000;
        const auto each = std::max<std::int64_t>(1, period / static_cast<std::int64_t>(limit.burst));
        co_await sweep();
        Parameters parameters{sha256_hex(name), each, each * static_cast<std::int64_t>(limit.burst)};
        SLIPWAY_CO_TRY(const auto rows, co_await database_.write_guarded(std::move(workspace), std::string(kAdmit),
                                                                         std::move(parameters)));
        const auto row = rows.front();
        const auto full_after = std::max<std::int64_t>(0, row.integer("full_after"));
        const auto whole = each * static_cast<std::int64_t>(limit.burst);
        Admission admission;
        admission.admitted = row.truth("counted");
        admission.full_after = Milliseconds(milliseconds_up(full_after));
        if (admission.admitted)
            admission.remaining = static_cast<std::size_t>(std::max<std::int64_t>(0, whole - full_after) / each);
        else
            admission.retry_after = Milliseconds(milliseconds_up(full_after + each - whole));
        co_return admission;
    }

    // Now and then, by whoever comes; that it fails is seen by the next statement.
    asio::awaitable<void> sweep() {
        auto due = sweep_at_.load();
        const auto current = Clock::now();
        if (current < due || !sweep_at_.compare_exchange_strong(due, current + options_.sweep_every)) co_return;
        const auto swept = co_await database_.write_guarded(Scope::system(), std::string(kSweep));
        static_cast<void>(swept);
    }

    Database& database_;
    DatabaseLimiterOptions options_;
    LocalLimits local_;
    Refused refused_;
    std::atomic<Clock::time_point> ask_again_at_{Clock::time_point()};
    std::atomic<Clock::time_point> sweep_at_{Clock::now()};
};

}  // namespace

std::span<const Migration> limiter_migrations() { return kMigrations; }

std::unique_ptr<Limiter> make_database_limiter(Database& database, DatabaseLimiterOptions options) {
    return std::make_unique<DatabaseLimiter>(database, options);
}

}  // namespace slipway::store
