#include "net/wakeup.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace slipway::net {

asio::awaitable<void> Wakeup::wait() {
    auto start = [this](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        resume_ = [slot, handler = std::move(handler)]() mutable {
            if (slot.is_connected()) slot.clear();
            std::move(handler)();
        };
        // The coroutine must not run inside the emission: it could destroy the signal's handler under its feet.
        if (slot.is_connected()) slot.assign([this](asio::cancellation_type) { wake_later(); });
    };
    return asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start), asio::use_awaitable);
}

void Wakeup::wake() {
    auto resume = std::exchange(resume_, nullptr);
    if (resume) resume();
}

void Wakeup::wake_later() {
    auto resume = std::exchange(resume_, nullptr);
    if (resume) asio::post(executor_, std::move(resume));
}

}  // namespace slipway::net
