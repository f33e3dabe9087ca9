#include "base/keyed_lock.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace slipway {

struct KeyedLock::Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    bool granted = false;  // guarded by mutex_

    // With mutex_ held, and let go of before it is free: who has waited asks for it, and its loop may end after that,
    // and the timer must not outlive the loop.
    static void grant(std::shared_ptr<Waiter> self) {
        self->granted = true;
        const auto executor = self->timer.get_executor();
        asio::post(executor, [self = std::move(self)] { self->timer.cancel(); });
    }
};

Task<KeyedLock::Guard> KeyedLock::acquire(std::string key, Milliseconds patience) {
    const auto executor = co_await asio::this_coro::executor;
    std::shared_ptr<Waiter> waiter;
    {
        const std::lock_guard hold(mutex_);
        const auto [entry, free] = held_.try_emplace(key);
        if (free) co_return Guard(*this, std::move(key));
        if (entry->second.size() >= waiting_max_)
            co_return fail(ErrorCode::unavailable, "Too many requests wait for the same thing; try again in a moment.");
        waiter = std::make_shared<Waiter>(executor);
        waiter->timer.expires_after(patience);
        entry->second.push_back(waiter);
    }
    // A grant is posted to this loop, so it cannot come between the lines above and the wait.
    co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    {
        const std::lock_guard hold(mutex_);
        if (!waiter->granted) {
            auto& queue = held_[key];
            std::erase(queue, waiter);
            co_return fail(ErrorCode::unavailable, "The previous request took too long; try again in a moment.");
        }
    }
    Guard guard(*this, std::move(key));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(ErrorCode::unavailable, "The request was cancelled.");
    co_return guard;
}

void KeyedLock::release(const std::string& key) {
    const std::lock_guard hold(mutex_);
    const auto entry = held_.find(key);
    if (entry == held_.end()) return;
    if (entry->second.empty()) {
        held_.erase(entry);
        return;
    }
    auto next = std::move(entry->second.front());
    entry->second.erase(entry->second.begin());
    Waiter::grant(std::move(next));
}

}  // namespace slipway
