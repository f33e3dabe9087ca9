#include "chat/event_gate.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace slipway::chat {

Task<void> EventGate::open(ChatEvent started) {
    SLIPWAY_CO_CHECK(co_await listener_(started));
    if (routed_) SLIPWAY_CO_CHECK(co_await listener_(*routed_));
    is_open_ = true;
    opened_.expires_at(std::chrono::steady_clock::time_point::min());
    co_return Result<void>();
}

Task<void> EventGate::tell(ChatEvent event) {
    if (!is_open_ && event.kind == ChatEvent::Kind::routed && !routed_) {
        routed_ = event;
        co_return Result<void>();
    }
    co_await wait();
    if (!is_open_) co_return fail(ErrorCode::unavailable, "The answer was cancelled.");
    co_return co_await listener_(event);
}

asio::awaitable<void> EventGate::wait() {
    if (!is_open_) co_await opened_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace slipway::chat
