#include "base/pool.h"

#include <memory>

#include <boost/asio/co_spawn.hpp>
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

}  // namespace
}  // namespace slipway
