#include "knowledge/holds.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>

#include "base/crypto.h"

namespace slipway::knowledge {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr Milliseconds kPauseMost{1'000};

}  // namespace

std::unexpected<Error> lost_hold() {
    return fail(ErrorCode::conflict,
                "Another server took this document over, as this one was silent for too long; "
                "look at it and try again.");
}

Heartbeat::Heartbeat(const asio::any_io_executor& executor, Lease lease, SteadyClock::time_point taken)
    : lease_(std::move(lease)), timer_(executor), valid_until_(taken + lease_.time) {}

std::shared_ptr<Heartbeat> Heartbeat::begin(asio::any_io_executor executor, Lease lease,
                                            SteadyClock::time_point taken) {
    auto heartbeat = std::make_shared<Heartbeat>(executor, std::move(lease), taken);
    asio::co_spawn(executor, beat(heartbeat), asio::detached);
    return heartbeat;
}

void Heartbeat::end() {
    over_ = true;
    timer_.cancel();
}

Task<void> Heartbeat::extend() {
    const auto self = shared_from_this();
    const auto asked = SteadyClock::now();
    auto parameters = lease_.parameters();
    SLIPWAY_CO_TRY(const auto rows,
                   co_await lease_.database->write_guarded(lease_.scope, lease_.extend, std::move(parameters)));
    lost_ = rows.changed() == 0;
    if (lost_) co_return lost_hold();
    valid_until_ = asked + lease_.time;
    co_return Result<void>();
}

asio::awaitable<void> Heartbeat::beat(std::shared_ptr<Heartbeat> self) {
    while (!self->over_ && !self->lost_) {
        self->timer_.expires_after(std::max(self->lease_.time / 3, Milliseconds(1)));
        co_await self->timer_.async_wait(asio::as_tuple(asio::deferred));
        // A database that is away may come back in time.
        if (!self->over_) static_cast<void>(co_await self->extend());
    }
}

Hold::~Hold() {
    if (heartbeat_) heartbeat_->end();
    if (left_ != nullptr) *left_ = true;
}

Result<void> Hold::check() const {
    if (!heartbeat_ || heartbeat_->valid()) return {};
    return lost_hold();
}

Task<void> Hold::confirm() const {
    if (check()) co_return Result<void>();
    if (heartbeat_->lost()) co_return lost_hold();
    co_return co_await heartbeat_->extend();
}

void Hold::released() {
    if (heartbeat_) heartbeat_->end();
    left_ = nullptr;
}

Holds::Holds(store::Database& database, HoldOptions options)
    : database_(database),
      options_(options),
      shared_(options.always || database.dialect().shared),
      clock_(database.dialect().clock_ms),
      until_(shared_ ? fmt::format("{} + {}", clock_, options.lease.count()) : "0"),
      is_free_(fmt::format("held_until <= {}", clock_)) {}

std::string Holds::new_holder() const { return shared_ ? random_token(12) : std::string(); }

Hold Holds::begin(asio::any_io_executor executor, WorkspaceId workspace, std::string document_id, std::string holder,
                  SteadyClock::time_point taken) {
    if (!shared_) return {std::move(holder), nullptr, left_};
    auto parameters = [id = std::move(document_id), holder] { return store::Parameters{id, holder}; };
    auto extend = fmt::format(
        "update documents set held_until = {} where workspace = $workspace and id = $1 and holder = $2", until_);
    Heartbeat::Lease lease{&database_, std::move(workspace), std::move(extend), std::move(parameters), options_.lease};
    return {std::move(holder), Heartbeat::begin(std::move(executor), std::move(lease), taken), left_};
}

Task<void> Holds::release(WorkspaceId workspace, std::string document_id, Hold& hold) {
    if (shared_) {
        store::Parameters mine{std::move(document_id), hold.holder()};
        SLIPWAY_CO_CHECK(co_await database_.write_guarded(
            std::move(workspace),
            "update documents set holder = '', held_until = 0 where workspace = $workspace and id = $1 and holder = $2",
            std::move(mine)));
    }
    hold.released();
    co_return Result<void>();
}

Task<void> Patience::wait() {
    if (SteadyClock::now() + pause_ > end_)
        co_return fail(ErrorCode::unavailable, "Another server works on this document; try again in a moment.");
    co_await sleep_for(pause_);
    if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "The request was cancelled.");
    pause_ = std::min(pause_ * 2, kPauseMost);
    co_return Result<void>();
}

}  // namespace slipway::knowledge
