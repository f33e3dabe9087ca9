#include "base/pool.h"

#include <memory>
#include <optional>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

namespace slipway {
namespace {

Task<int> doubled(WorkerPool& pool, int number) {
    auto work = [number]() -> Result<int> { return number * 2; };
    co_return co_await pool.run(std::move(work));
}

TEST(Pool, ResumesTheCallerWithTheResult) {
    WorkerPool pool("test", 2);
    const auto result = run_to_end(doubled(pool, 21));
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, 42);
    EXPECT_EQ(pool.waiting(), 0U);
}

// The loop of a caller may end the moment the caller is resumed, as a server's loops do: the worker must be out of it
// by then. The address sanitizer sees it when it is not.
TEST(Pool, LoopsMayEndAsSoonAsTheirCallerIsResumed) {
    WorkerPool pool("test", 4);
    for (int i = 0; i < 5000; ++i) {
        auto loop = std::make_unique<asio::io_context>(1);
        auto finish = [&loop, i](std::exception_ptr, Result<int> result) {
            EXPECT_TRUE(result && *result == 2 * i);
            loop->stop();
        };
        asio::co_spawn(*loop, doubled(pool, i), finish);
        loop->run();
        loop.reset();
    }
}

TEST(Pool, AFullQueueIsTold) {
    WorkerPool pool("test", 1, 0);
    const auto result = run_to_end(doubled(pool, 1));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
}

TEST(Pool, RunsEachOnceAndNoMoreAtATimeThanAsked) {
    WorkerPool pool("test", 4);
    std::vector<std::atomic<int>> runs(100);
    std::atomic<int> now{0}, most{0};
    auto work = [&](std::size_t number) {
        const int running = ++now;
        for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
        }
        ++runs[number];
        --now;
    };
    const auto result = run_to_end(pool.run_each(runs.size(), 2, work));
    ASSERT_TRUE(result) << result.error().message;
    for (const auto& count : runs) EXPECT_EQ(count, 1);
    EXPECT_LE(most, 2);
    EXPECT_EQ(pool.waiting(), 0U);
    EXPECT_TRUE(run_to_end(pool.run_each(0, 2, work)));
}

// Between two pieces of a long batch the pool does other work: with one thread the other's answer comes before the end.
TEST(Pool, ABatchTakesTurnsWithOtherWork) {
    WorkerPool pool("test", 1);
    asio::io_context loop(1);
    std::atomic<std::size_t> done{0};
    std::size_t done_when_answered = 0;
    auto work = [&](std::size_t) {
        ++done;
        std::this_thread::sleep_for(Milliseconds(1));
    };
    asio::co_spawn(loop, pool.run_each(500, 1, work), asio::detached);
    auto answered = [&](std::exception_ptr, Result<int>) { done_when_answered = done; };
    asio::co_spawn(loop, doubled(pool, 1), answered);
    loop.run();
    EXPECT_EQ(done, 500U);
    EXPECT_LT(done_when_answered, 500U);
}

TEST(Pool, ACancelledBatchBeginsNoMore) {
    WorkerPool pool("test", 1);
    asio::io_context loop(1);
    asio::cancellation_signal stop;
    std::atomic<std::size_t> done{0};
    auto work = [&](std::size_t) {
        ++done;
        std::this_thread::sleep_for(Milliseconds(1));
    };
    std::optional<Result<void>> result;
    auto ended = [&](std::exception_ptr, Result<void> value) { result = std::move(value); };
    asio::co_spawn(loop, pool.run_each(100'000, 1, work), asio::bind_cancellation_slot(stop.slot(), ended));
    asio::steady_timer timer(loop, Milliseconds(20));
    timer.async_wait([&](boost::system::error_code) { stop.emit(asio::cancellation_type::terminal); });
    loop.run();
    ASSERT_TRUE(result.has_value());
    EXPECT_FALSE(*result);
    EXPECT_LT(done, 100'000U);
    EXPECT_EQ(pool.waiting(), 0U);
}

Task<int> thrower(WorkerPool& pool) {
    auto work = []() -> Result<int> { throw std::bad_alloc(); };
    co_return co_await pool.run(std::move(work));
}

asio::awaitable<Result<void>> throwing_batch(WorkerPool& pool) {
    auto work = [](std::size_t number) {
        if (number == 3) throw std::runtime_error("broken");
    };
    co_return co_await pool.run_each(1000, 2, work);
}

TEST(Pool, WhatWorkThrowsIsAnErrorAndNotTheEndOfTheProcess) {
    WorkerPool pool("test", 2);
    EXPECT_EQ(run_to_end(thrower(pool)).error().code, ErrorCode::internal);
    EXPECT_EQ(run_to_end(throwing_batch(pool)).error().code, ErrorCode::internal);
    EXPECT_EQ(pool.waiting(), 0U);
    EXPECT_EQ(run_to_end(doubled(pool, 2)), 4);
}

}  // namespace
}  // namespace slipway
