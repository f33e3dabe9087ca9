#include "chat/event_gate.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>

namespace slipway::chat {

void EventGate::begin(const asio::any_io_executor& executor, asio::awaitable<void> opening) {
    opening_ = std::make_unique<Opening>(executor);
    auto ended = [this](const std::exception_ptr&) { opening_.reset(); };
    asio::co_spawn(executor, std::move(opening), asio::bind_cancellation_slot(hurry_.slot(), std::move(ended)));
}

asio::awaitable<void> EventGate::close(bool hurry) {
    if (opening_ && hurry) hurry_.emit(asio::cancellation_type::terminal);
    while (opening_) co_await opening_->ended.async_wait(asio::as_tuple(asio::deferred));
}

Task<void> EventGate::open(ChatEvent started) {
    SLIPWAY_CO_CHECK(co_await listener_(started));
    if (opening_->routed) SLIPWAY_CO_CHECK(co_await listener_(*opening_->routed));
    is_open_ = true;
    opening_->opened.expires_at(std::chrono::steady_clock::time_point::min());
    co_return Result<void>();
}

Task<void> EventGate::tell(ChatEvent event) {
    if (!is_open_ && event.kind == ChatEvent::Kind::routed && opening_ && !opening_->routed) {
        opening_->routed = event;
        co_return Result<void>();
    }
    co_await wait();
    if (!is_open_) co_return fail(ErrorCode::unavailable, "The answer was cancelled.");
    co_return co_await listener_(event);
}

asio::awaitable<void> EventGate::wait() {
    if (!is_open_ && opening_) co_await opening_->opened.async_wait(asio::as_tuple(asio::deferred));
}

}  // namespace slipway::chat
