#include "serve/store_checks.h"

#include <boost/asio/this_coro.hpp>

namespace slipway::serve {
namespace {

// Longer than all checks may take together.
constexpr Milliseconds kPatience{30'000};

}  // namespace

std::optional<std::vector<app::StoreHealth>> StoreChecks::fresh() {
    const std::lock_guard lock(mutex_);
    if (std::chrono::steady_clock::now() >= known_until_) return std::nullopt;
    return known_;
}

asio::awaitable<std::vector<app::StoreHealth>> StoreChecks::latest() {
    if (auto known = fresh()) co_return *std::move(known);
    const auto turn = co_await checking_.acquire("", kPatience);
    if (!turn) {
        app::StoreHealth unknown;
        unknown.name = "stores";
        unknown.error = turn.error().message;
        co_return std::vector{unknown};
    }
    if (auto known = fresh()) co_return *std::move(known);
    auto asked = co_await ask_();
    // Who hung up meanwhile has stopped the check: that says nothing of the stores.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return asked;
    const std::lock_guard lock(mutex_);
    known_ = asked;
    known_until_ = std::chrono::steady_clock::now() + fresh_for_;
    co_return asked;
}

}  // namespace slipway::serve
