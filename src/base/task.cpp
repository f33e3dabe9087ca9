#include "base/task.h"

#include <array>
#include <exception>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace slipway {

asio::awaitable<void> sleep_for(Milliseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(asio::as_tuple(asio::deferred));
}

namespace {

// Two that run at the same time; who ends last resumes the caller, who keeps what they threw.
using Thrown = std::array<std::exception_ptr, 2>;
template <typename Handler>
struct Pair : std::enable_shared_from_this<Pair<Handler>> {
    Pair(Handler then, Thrown& errors) : handler(std::move(then)), thrown(errors) {}

    void run(std::size_t runner, const asio::any_io_executor& executor, asio::awaitable<void> work) {
        auto done = [pair = this->shared_from_this(), runner](const std::exception_ptr& error) {
            pair->thrown[runner] = error;
            if (--pair->running == 0) std::move(pair->handler)();
        };
        asio::co_spawn(executor, std::move(work), asio::bind_cancellation_slot(stops[runner].slot(), std::move(done)));
    }
    void stop(asio::cancellation_type type) {
        for (auto& signal : stops) signal.emit(type);
    }

    std::array<asio::cancellation_signal, 2> stops;
    std::size_t running = 2;
    Handler handler;
    Thrown& thrown;
};

// To be awaited. Not a coroutine, whose frame would wait as well.
auto run_pair(asio::awaitable<void>& one, asio::awaitable<void>& two, Thrown& thrown) {
    auto start = [&one, &two, &thrown](auto handler) {
        const asio::any_io_executor executor = asio::get_associated_executor(handler);
        auto caller = asio::get_associated_cancellation_slot(handler);
        using State = Pair<decltype(handler)>;
        const auto pair = std::make_shared<State>(std::move(handler), thrown);
        if (caller.is_connected())
            caller.assign([weak = std::weak_ptr<State>(pair)](asio::cancellation_type type) {
                if (const auto running = weak.lock()) running->stop(type);
            });
        pair->run(0, executor, std::move(one));
        pair->run(1, executor, std::move(two));
    };
    return asio::async_initiate<const asio::deferred_t&, void()>(std::move(start), asio::deferred);
}

}  // namespace

asio::awaitable<void> both(asio::awaitable<void> first, asio::awaitable<void> second) {
    Thrown thrown;
    auto pair = run_pair(first, second, thrown);
    co_await std::move(pair);  // NOLINT(performance-move-const-arg): Asio wants an rvalue
    for (const auto& each : thrown)
        if (each) std::rethrow_exception(each);
}

void Stop::ask() {
    if (std::exchange(asked_, true)) return;
    signal_.emit(asio::cancellation_type::terminal);
}

void Stop::be_late() {
    late_ = true;
    signal_.emit(asio::cancellation_type::terminal);
}

void Stop::go_on() {
    timer_.reset();
    if (!std::exchange(late_, false)) return;
    if (asked_ || left_) signal_.emit(asio::cancellation_type::terminal);
}

void Stop::after(const std::shared_ptr<Stop>& stop, const asio::any_io_executor& executor, Milliseconds limit,
                 void (Stop::*act)()) {
    stop->timer_.emplace(executor, limit);
    // Weak: the timer is the stop's own. Without a timer the work has ended.
    stop->timer_->async_wait([weak = std::weak_ptr<Stop>(stop), act](boost::system::error_code error) {
        const auto waiting = error ? nullptr : weak.lock();
        if (waiting && waiting->timer_) (*waiting.*act)();
    });
}

void Stop::ask_after(const std::shared_ptr<Stop>& stop, const asio::any_io_executor& executor, Milliseconds limit) {
    after(stop, executor, limit, &Stop::ask);
}

void Stop::cancel_after(const std::shared_ptr<Stop>& stop, const asio::any_io_executor& executor, Milliseconds limit) {
    after(stop, executor, limit, &Stop::be_late);
}

asio::awaitable<void> run_until(std::shared_ptr<Stop> stop, asio::awaitable<void> work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto start = [&](auto handler) {
        auto caller = asio::get_associated_cancellation_slot(handler);
        if (caller.is_connected())
            caller.assign([weak = std::weak_ptr<Stop>(stop)](asio::cancellation_type type) {
                const auto running = weak.lock();
                if (!running) return;
                running->left_ = true;
                running->signal_.emit(type);
            });
        auto slot = stop->signal_.slot();
        asio::co_spawn(executor, std::move(work), asio::bind_cancellation_slot(slot, std::move(handler)));
        if (stop->asked_) stop->signal_.emit(asio::cancellation_type::terminal);
    };
    std::exception_ptr thrown;
    try {
        co_await asio::async_initiate<const asio::deferred_t&, void(std::exception_ptr)>(start, asio::deferred);
    } catch (...) {
        thrown = std::current_exception();
    }
    const bool asked = stop->asked();
    stop->timer_.reset();
    stop->signal_.slot().clear();  // who asks later reaches nobody
    if (thrown && !asked) std::rethrow_exception(thrown);
}

asio::awaitable<bool> cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace slipway
