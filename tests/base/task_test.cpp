// Work side by side, and work that is ended from outside: stops, time limits.
#include "base/task.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <gtest/gtest.h>

namespace slipway {
namespace {

constexpr Milliseconds kLong{60'000};

asio::awaitable<void> throw_after(Milliseconds wait) {
    co_await sleep_for(wait);
    throw std::runtime_error("broken");
}

asio::awaitable<void> add_after(Milliseconds delay, int& sum, int addend) {
    co_await sleep_for(delay);
    sum += addend;
}

TEST(Both, RunToTheirEndsAndWhatOneThrowsIsThrownThen) {
    int sum = 0;
    run_to_end(both(add_after(Milliseconds(2), sum, 1), add_after(Milliseconds(1), sum, 2)));
    EXPECT_EQ(sum, 3);
    EXPECT_THROW(run_to_end(both(throw_after(Milliseconds(1)), add_after(Milliseconds(5), sum, 4))),
                 std::runtime_error);
    EXPECT_EQ(sum, 7);
}

// Waits, and says in the end that it was cancelled.
asio::awaitable<void> wait_and_note(bool& noted) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await sleep_for(kLong);
    noted = co_await cancelled();
}

asio::awaitable<void> wait_and_throw() {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await sleep_for(kLong);
    throw std::runtime_error("broken");
}

void cancel_at_once(asio::awaitable<void> work) {
    asio::io_context loop(1);
    asio::cancellation_signal signal;
    auto end = [](const std::exception_ptr&) {};
    asio::co_spawn(loop, std::move(work), asio::bind_cancellation_slot(signal.slot(), end));
    auto cancel = [&signal] { signal.emit(asio::cancellation_type::terminal); };
    asio::post(loop, cancel);
    loop.run();
}

asio::awaitable<void> both_noted(bool& first, bool& second) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await both(wait_and_note(first), wait_and_note(second));
}

TEST(Both, AreCancelledWithTheCaller) {
    bool first = false, second = false;
    cancel_at_once(both_noted(first, second));
    EXPECT_TRUE(first && second);
}

asio::awaitable<void> ask_in_a_moment(std::shared_ptr<Stop> stop, asio::awaitable<void> work) {
    const auto executor = co_await asio::this_coro::executor;
    auto ask = [stop] { stop->ask(); };
    asio::post(executor, ask);
    co_await run_until(stop, std::move(work));
}

TEST(Stop, CancelsTheWorkAndWaitsForItsEnd) {
    bool before = false, meanwhile = false;
    auto asked = std::make_shared<Stop>();
    asked->ask();
    run_to_end(run_until(asked, wait_and_note(before)));
    EXPECT_TRUE(before);
    run_to_end(ask_in_a_moment(std::make_shared<Stop>(), wait_and_note(meanwhile)));
    EXPECT_TRUE(meanwhile);
}

TEST(Stop, WhatTheWorkThrowsCountsOnlyWhenNobodyAsked) {
    run_to_end(ask_in_a_moment(std::make_shared<Stop>(), wait_and_throw()));
    const auto never = std::make_shared<Stop>();
    EXPECT_THROW(run_to_end(run_until(never, throw_after(Milliseconds(1)))), std::runtime_error);
    never->ask();  // too late for anything
}

TEST(Stop, IsNotAskedByTheCancellationOfTheCaller) {
    bool noted = false;
    const auto stop = std::make_shared<Stop>();
    cancel_at_once(run_until(stop, wait_and_note(noted)));
    EXPECT_TRUE(noted);
    EXPECT_FALSE(stop->asked());
}

// A part that is late, and the rest of the work.
asio::awaitable<void> part_and_rest(std::shared_ptr<Stop> stop, bool ask, bool& rested) {
    const auto executor = co_await asio::this_coro::executor;
    Stop::cancel_after(stop, executor, Milliseconds(1));
    co_await sleep_for(kLong);
    EXPECT_TRUE(stop->late());
    if (ask) stop->ask();
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    stop->go_on();
    co_await sleep_for(Milliseconds(1));
    rested = true;
}

TEST(Stop, ALatePartIsCancelledAndTheRestGoesOnUnlessAllIsToEnd) {
    for (const bool ask : {false, true}) {
        bool rested = false;
        const auto stop = std::make_shared<Stop>();
        run_to_end(run_until(stop, part_and_rest(stop, ask, rested)));
        EXPECT_EQ(rested, !ask);
        EXPECT_EQ(stop->asked(), ask);
        EXPECT_FALSE(stop->late());
    }
}

Task<int> seven_after(Milliseconds wait) {
    co_await sleep_for(wait);
    co_return 7;
}

TEST(Timeout, GivesTheResultOrSaysWhatTookTooLong) {
    EXPECT_EQ(run_to_end(with_timeout(seven_after(Milliseconds(1)), kLong, "Counting")), 7);
    const auto late = run_to_end(with_timeout(seven_after(kLong), Milliseconds(1), "Counting"));
    EXPECT_EQ(late.error().code, ErrorCode::unavailable);
    EXPECT_EQ(late.error().message, "Counting took longer than 1 ms and was stopped.");
}

}  // namespace
}  // namespace slipway
