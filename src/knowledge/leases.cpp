#include "knowledge/leases.h"

#include <boost/asio/this_coro.hpp>

namespace slipway::knowledge {

ProcessLease::ProcessLease(store::Database& database, std::string name, std::string holder, std::string clock)
    : database_(&database), name_(std::move(name)), holder_(std::move(holder)), clock_(std::move(clock)) {}

ProcessLease::~ProcessLease() { stop_beating(); }

void ProcessLease::stop_beating() {
    if (heartbeat_) heartbeat_->end();
}

Task<std::optional<ProcessLease>> ProcessLease::take(store::Database& database, const Holds& holds, std::string name) {
    std::optional<ProcessLease> lease;
    ProcessLease taken(database, std::move(name), holds.new_holder(), holds.clock());
    if (holds.shared()) {
        const auto asked = std::chrono::steady_clock::now();
        const auto sql = fmt::format(
            "insert into knowledge_leases(workspace, name, holder, until) values ('', $1, $2, {}) on conflict "
            "(workspace, name) do update set holder = excluded.holder, until = excluded.until, done = 0, total = 0 "
            "where knowledge_leases.until <= {}",
            holds.until(), holds.clock());
        store::Parameters mine{taken.name_, taken.holder_};
        SLIPWAY_CO_TRY(const auto rows, co_await database.write_guarded(store::Scope::system(), sql, std::move(mine)));
        if (rows.changed() == 0) co_return lease;
        auto extend = fmt::format(
            "update knowledge_leases set until = {}, done = $3, total = $4 where workspace = '' and name = $1 and "
            "holder = $2",
            holds.until());
        auto parameters = [name = taken.name_, holder = taken.holder_, progress = taken.progress_] {
            return store::Parameters{name, holder, progress->first, progress->second};
        };
        Heartbeat::Lease kept{&database, store::Scope::system(), std::move(extend), std::move(parameters),
                              holds.lease()};
        const auto executor = co_await asio::this_coro::executor;
        taken.heartbeat_ = Heartbeat::begin(executor, std::move(kept), asked);
    }
    lease.emplace(std::move(taken));
    co_return lease;
}

Result<void> ProcessLease::check() const {
    if (!heartbeat_ || heartbeat_->valid()) return {};
    return fail(ErrorCode::conflict, "Another server goes on with this, as this one was silent for too long.");
}

Task<void> ProcessLease::end() {
    stop_beating();
    if (!heartbeat_) co_return Result<void>();
    store::Parameters mine{name_, holder_};
    SLIPWAY_CO_CHECK(co_await database_->write_guarded(
        store::Scope::system(), "delete from knowledge_leases where workspace = '' and name = $1 and holder = $2",
        std::move(mine)));
    co_return Result<void>();
}

Task<void> ProcessLease::put_off(Milliseconds time) {
    stop_beating();
    if (!heartbeat_) co_return Result<void>();
    const auto sql = fmt::format(
        "update knowledge_leases set holder = '', until = {} + {} where workspace = '' and name = $1 and holder = $2",
        clock_, time.count());
    store::Parameters mine{name_, holder_};
    SLIPWAY_CO_CHECK(co_await database_->write_guarded(store::Scope::system(), sql, std::move(mine)));
    co_return Result<void>();
}

}  // namespace slipway::knowledge
