#include "base/task.h"

#include <array>
#include <exception>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace slipway {

asio::awaitable<void> sleep_for(Milliseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

namespace {

asio::awaitable<void> settle(asio::awaitable<void> work, std::exception_ptr& thrown) {
    try {
        co_await std::move(work);
    } catch (...) {
        thrown = std::current_exception();
    }
}

}  // namespace

asio::awaitable<std::size_t> race(asio::awaitable<void> first, asio::awaitable<void> second) {
    using namespace asio::experimental::awaitable_operators;
    std::array<std::exception_ptr, 2> thrown;
    auto one = settle(std::move(first), thrown[0]);
    auto two = settle(std::move(second), thrown[1]);
    const auto ended = co_await (std::move(one) || std::move(two));
    if (thrown[ended.index()]) std::rethrow_exception(thrown[ended.index()]);
    co_return ended.index();
}

asio::awaitable<void> both(asio::awaitable<void> first, asio::awaitable<void> second) {
    using namespace asio::experimental::awaitable_operators;
    std::array<std::exception_ptr, 2> thrown;
    auto one = settle(std::move(first), thrown[0]);
    auto two = settle(std::move(second), thrown[1]);
    co_await (std::move(one) && std::move(two));
    for (const auto& each : thrown)
        if (each) std::rethrow_exception(each);
}

asio::awaitable<bool> cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace slipway
