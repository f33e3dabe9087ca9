// Threads for work that would block an event loop: SQLite reads, argon2, PDF, DNS, embeddings.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <type_traits>

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
    // Not cancellable once started; a full queue answers `unavailable` at once. The callable must own what it uses or
    // refer to what the awaiting coroutine keeps alive.
    template <typename Work>
    auto run(Work work) -> asio::awaitable<std::invoke_result_t<Work>>;

    std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
    const std::string& name() const { return name_; }
    void join() { threads_.join(); }

 private:
    bool reserve();
    void release() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

    std::string name_;
    std::size_t queue_limit_;
    std::atomic<std::size_t> waiting_{0};
    asio::thread_pool threads_;
};

template <typename Work>
auto WorkerPool::run(Work work) -> asio::awaitable<std::invoke_result_t<Work>> {
    using Value = std::invoke_result_t<Work>;
    if (!reserve())
        co_return fail(ErrorCode::unavailable, "The {} pool is full ({} waiting); try again in a moment.", name_,
                       queue_limit_);
    auto start = [this, &work](auto handler) {
        auto caller = asio::get_associated_executor(handler);
        // The work guard keeps the caller's loop alive while the pool works.
        auto guard = asio::make_work_guard(caller);
        asio::post(threads_, [this, &work, handler = std::move(handler), guard = std::move(guard)]() mutable {
            Value value = work();
            release();
            auto resume = [handler = std::move(handler), value = std::move(value)]() mutable {
                std::move(handler)(std::move(value));
            };
            resume_on(std::move(guard), std::move(resume));
        });
    };
    co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Value)>(start, asio::use_awaitable);
}

}  // namespace slipway
