// Lets one coroutine wait until something else on the same event loop wakes it. Cheaper than a timer or a channel: no
// operation of the loop is involved. Not thread safe.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include "base/task.h"

namespace slipway::net {

class Wakeup {
 public:
    explicit Wakeup(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    // To be awaited. Returns after wake(), wake_later(), or when the waiting coroutine is cancelled. Only one coroutine
    // may wait.
    auto wait() { return asio::async_initiate<const asio::deferred_t&, void()>(Start{this}, asio::deferred); }
    bool waiting() const { return static_cast<bool>(resume_); }
    // Resumes the waiting coroutine inside this call; nothing may be touched afterwards that it could have destroyed.
    void wake();
    // Resumes it in a later turn of the loop.
    void wake_later();

 private:
    struct Start {
        Wakeup* wakeup;
        template <typename Handler>
        void operator()(Handler handler) const;
    };

    asio::any_io_executor executor_;
    std::move_only_function<void()> resume_;
};

template <typename Handler>
void Wakeup::Start::operator()(Handler handler) const {
    auto slot = asio::get_associated_cancellation_slot(handler);
    wakeup->resume_ = [slot, handler = std::move(handler)]() mutable {
        if (slot.is_connected()) slot.clear();
        std::move(handler)();
    };
    // The coroutine must not run inside the emission: it could destroy the signal's handler under its feet.
    if (slot.is_connected()) slot.assign([waiting = wakeup](asio::cancellation_type) { waiting->wake_later(); });
}

}  // namespace slipway::net
