// Coroutines. Task<T> is what every operation that waits returns: an Asio coroutine that yields a Result<T>.
//
// Rules of the house: name it before you await it (no lambda, aggregate, ternary or braced temporary in an expression
// with co_await); a coroutine takes its parameters by value or takes references that its caller keeps alive until it
// ends; dropping or cancelling the awaiting coroutine cancels what it awaits.
#pragma once

// clang-format off
#include "base/cancelled_wait.h"  // before Asio
// clang-format on

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/error.h"

namespace slipway {

namespace asio = boost::asio;

template <typename T>
using Task = asio::awaitable<Result<T>>;

using Milliseconds = std::chrono::milliseconds;

// Waits without holding a thread. Returns early when the coroutine is cancelled.
asio::awaitable<void> sleep_for(Milliseconds duration);

// True once the current coroutine was asked to stop; loops that never await anything else ask this.
asio::awaitable<bool> cancelled();

// Runs both to their ends, and throws what one of them threw. (Asio's `&&` cancels the other one then, and holds some
// KB where thousands wait.)
asio::awaitable<void> both(asio::awaitable<void> first, asio::awaitable<void> second);

// Ends the work of run_until() from outside. Used on the executor of that work. No coroutine is resumed inside a call.
class Stop {
 public:
    void ask();
    bool asked() const { return asked_; }
    // Who awaits run_until() was cancelled.
    bool left() const { return left_; }
    // Asks once `limit` has passed, unless the work has ended before.
    static void ask_after(const std::shared_ptr<Stop>& stop, const asio::any_io_executor& executor, Milliseconds limit);

    // For a part of the work that has a limit of its own: cancels the work once it has passed, unless go_on() was
    // called before. A coroutine that was late resets its cancellation state and then calls go_on(), which cancels it
    // again when the whole work is to end. One limit at a time.
    static void cancel_after(const std::shared_ptr<Stop>& stop, const asio::any_io_executor& executor,
                             Milliseconds limit);
    bool late() const { return late_; }
    void go_on();

 private:
    friend asio::awaitable<void> run_until(std::shared_ptr<Stop> stop, asio::awaitable<void> work);
    static void after(const std::shared_ptr<Stop>& stop, const asio::any_io_executor& executor, Milliseconds limit,
                      void (Stop::*act)());
    void be_late();

    asio::cancellation_signal signal_;
    std::optional<asio::steady_timer> timer_;
    bool asked_ = false, left_ = false, late_ = false;
};

// Runs `work` to its end, which it is to reach soon once `stop` is asked: it is cancelled then, and what it throws does
// not count. Costs less memory than Asio's `||` with something that waits.
asio::awaitable<void> run_until(std::shared_ptr<Stop> stop, asio::awaitable<void> work);

// `into` gets the result. For what these take.
template <typename T>
asio::awaitable<void> store_in(std::optional<Result<T>>& into, Task<T> task) {
    into.emplace(co_await std::move(task));
}

// Runs a coroutine to its end on a fresh event loop of this thread. For the command line and for tests; never inside a
// loop.
template <typename T>
T run_to_end(asio::awaitable<T> task);

}  // namespace slipway

#include "base/task_impl.h"
