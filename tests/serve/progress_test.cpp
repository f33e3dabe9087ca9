#include "serve/progress.h"

#include <vector>

#include <gtest/gtest.h>

namespace slipway::serve {
namespace {

Task<int> tell_all(Progress& progress, int count, bool kept) {
    for (int i = 1; i <= count; ++i) progress.tell({{"done", i}}, kept);
    co_await sleep_for(Milliseconds(20));
    co_return count;
}

asio::awaitable<Result<int>> run_work(OperatorEvents events, int count, bool kept) {
    Progress progress(co_await asio::this_coro::executor, std::move(events));
    auto work = tell_all(progress, count, kept);
    co_return co_await progress.beside(std::move(work));
}

std::vector<std::int64_t> told_of(int count, bool kept) {
    std::vector<std::int64_t> told;
    OperatorEvents events = [&told](json::object event) -> Task<void> {
        co_await sleep_for(Milliseconds(1));
        told.push_back(event.at("done").as_int64());
        co_return Result<void>();
    };
    EXPECT_EQ(run_to_end(run_work(events, count, kept)), count);
    return told;
}

TEST(Progress, OfWhatComesTooFastTheNewestIsTold) {
    const auto told = told_of(1000, false);
    ASSERT_FALSE(told.empty());
    EXPECT_LT(told.size(), 5U);
    EXPECT_EQ(told.back(), 1000);
}

TEST(Progress, WhatIsKeptIsToldUpToALimit) {
    EXPECT_EQ(told_of(10, true).size(), 10U);
    EXPECT_EQ(told_of(1000, true).size(), Progress::kWaitingMax);
}

TEST(Progress, WorkGoesOnWhenNobodyListens) {
    int asked = 0;
    OperatorEvents events = [&asked](json::object) -> Task<void> {
        ++asked;
        co_return fail(ErrorCode::unavailable, "The client is gone.");
    };
    EXPECT_EQ(run_to_end(run_work(events, 5, true)), 5);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(run_to_end(run_work({}, 5, true)), 5);
}

// The listener lives in the caller's frame: it must be left when the caller is.
TEST(Progress, ACancelledCommandLeavesItsListenerFirst) {
    struct Listening {
        int& count;
        explicit Listening(int& counted) : count(counted) { ++count; }
        ~Listening() { --count; }
    };
    int listening = 0, most = 0;
    OperatorEvents events = [&](json::object) -> Task<void> {
        const Listening here(listening);
        most = std::max(most, listening);
        co_await sleep_for(Milliseconds(60'000));
        co_return Result<void>();
    };
    auto limited = with_timeout(run_work(events, 5, true), Milliseconds(50), "work");
    EXPECT_FALSE(run_to_end(std::move(limited)));
    EXPECT_EQ(most, 1);
    EXPECT_EQ(listening, 0);
}

}  // namespace
}  // namespace slipway::serve
