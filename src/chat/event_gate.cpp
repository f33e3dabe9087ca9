#include "chat/event_gate.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>

namespace slipway::chat {

void EventGate::begin(asio::awaitable<void> opening) {
    opening_ = true;
    auto ended = [this](const std::exception_ptr&) {
        opening_ = false;
        ended_.expires_at(std::chrono::steady_clock::time_point::min());
    };
    const auto executor = ended_.get_executor();
    asio::co_spawn(executor, std::move(opening), asio::bind_cancellation_slot(hurry_.slot(), std::move(ended)));
}

asio::awaitable<void> EventGate::close(bool hurry) {
    if (opening_ && hurry) hurry_.emit(asio::cancellation_type::terminal);
    while (opening_) co_await ended_.async_wait(asio::as_tuple(asio::deferred));
}

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
    if (!is_open_) co_await opened_.async_wait(asio::as_tuple(asio::deferred));
}

}  // namespace slipway::chat
