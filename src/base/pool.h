// Threads for work that would block an event loop: SQLite reads, argon2, PDF, DNS, embeddings.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/resume.h"
#include "base/task.h"

namespace slipway {

// A fixed number of threads with a bounded queue. Thread safe. The destructor waits for running work.
class WorkerPool {
 public:
    WorkerPool(std::string name, std::size_t threads, std::size_t queue_limit = 4096);

    // Runs `work` (a callable returning Result<T>) on a thread of the pool and resumes the caller on its own executor.
    // What it throws is logged and becomes `internal`.
    // Not cancellable once started; a full queue answers `unavailable` at once. The callable must own what it uses or
    // refer to what the awaiting coroutine keeps alive.
    template <typename Work>
    auto run(Work work) -> asio::awaitable<std::invoke_result_t<Work>>;

    // Runs work(0) … work(count - 1), at most `at_once` of them at a time, and resumes the caller on its own executor
    // when all are done. They take turns with other work of the pool, one by one. `work` is called by several threads
    // at once and, as what it refers to, kept alive by the awaiting coroutine. When the caller is cancelled no further
    // ones begin and the answer is `unavailable`. When one throws no further ones begin and the answer is `internal`.
    template <typename Work>
    auto run_each(std::size_t count, std::size_t at_once, Work& work) -> asio::awaitable<Result<void>>;

    std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
    const std::string& name() const { return name_; }
    void join() { threads_.join(); }

 private:
    template <typename Work, typename Handler, typename Guard>
    struct Each;

    // Call while an exception is handled.
    Error thrown() const;
    template <typename Work>
    auto attempt(Work& work) const -> std::invoke_result_t<Work> {
        try {
            return work();
        } catch (...) {
            return std::unexpected(thrown());
        }
    }

    bool reserve();
    template <typename State>
    void take_turn(std::shared_ptr<State> state);
    Error full() const;
    void release() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

    std::string name_;
    std::size_t queue_limit_;
    std::atomic<std::size_t> waiting_{0};
    asio::thread_pool threads_;
};

template <typename Work>
auto WorkerPool::run(Work work) -> asio::awaitable<std::invoke_result_t<Work>> {
    using Value = std::invoke_result_t<Work>;
    if (!reserve()) co_return std::unexpected(full());
    auto start = [this, &work](auto handler) {
        auto caller = asio::get_associated_executor(handler);
        // The work guard keeps the caller's loop alive while the pool works.
        auto guard = asio::make_work_guard(caller);
        asio::post(threads_, [this, &work, handler = std::move(handler), guard = std::move(guard)]() mutable {
            Value value = attempt(work);
            release();
            auto resume = [handler = std::move(handler), value = std::move(value)]() mutable {
                std::move(handler)(std::move(value));
            };
            resume_on(std::move(guard), std::move(resume));
        });
    };
    co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Value)>(start, asio::use_awaitable);
}

// One run_each under way; the last thread to leave it resumes the caller.
template <typename Work, typename Handler, typename Guard>
struct WorkerPool::Each {
    Each(Work& to_do, std::size_t number, std::size_t threads, Handler then, Guard keep_alive)
        : work(to_do), count(number), running(threads), handler(std::move(then)), guard(std::move(keep_alive)) {}

    Work& work;
    std::size_t count;
    std::atomic<std::size_t> next{0}, running;
    std::atomic<bool> stopped{false}, threw{false};
    Handler handler;
    Guard guard;

    void finish() {
        Result<void> result;
        if (stopped) result = fail(ErrorCode::unavailable, "The work was cancelled.");
        if (threw) result = fail(ErrorCode::internal, "The work failed; the log says why.");
        auto resume = [then = std::move(handler), result = std::move(result)]() mutable {
            std::move(then)(std::move(result));
        };
        resume_on(std::move(guard), std::move(resume));
    }
};

template <typename State>
void WorkerPool::take_turn(std::shared_ptr<State> state) {
    asio::post(threads_, [this, state = std::move(state)]() mutable {
        const auto number = state->stopped ? state->count : state->next.fetch_add(1);
        if (number < state->count) {
            try {
                state->work(number);
            } catch (...) {
                static_cast<void>(thrown());
                state->threw = state->stopped = true;
            }
            return this->take_turn(std::move(state));
        }
        if (state->running.fetch_sub(1) != 1) return;
        release();
        state->finish();
    });
}

template <typename Work>
auto WorkerPool::run_each(std::size_t count, std::size_t at_once, Work& work) -> asio::awaitable<Result<void>> {
    if (count == 0) co_return Result<void>();
    if (!reserve()) co_return std::unexpected(full());
    const auto threads = std::clamp<std::size_t>(at_once, 1, count);
    auto start = [this, &work, count, threads](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto guard = asio::make_work_guard(asio::get_associated_executor(handler));
        using State = Each<Work, decltype(handler), decltype(guard)>;
        auto state = std::make_shared<State>(work, count, threads, std::move(handler), std::move(guard));
        if (slot.is_connected())
            slot.assign([weak = std::weak_ptr<State>(state)](asio::cancellation_type) {
                if (const auto running = weak.lock()) running->stopped = true;
            });
        for (std::size_t i = 0; i < threads; ++i) this->take_turn(state);
    };
    co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Result<void>)>(start,
                                                                                               asio::use_awaitable);
}

}  // namespace slipway
