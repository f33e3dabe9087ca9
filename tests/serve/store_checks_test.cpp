#include "serve/store_checks.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace slipway::serve {
namespace {

constexpr Milliseconds kDay{86'400'000};

class StoreChecksTest : public ::testing::Test {
 protected:
    // Waits inside, so that others ask meanwhile.
    asio::awaitable<std::vector<app::StoreHealth>> ask() {
        const auto number = ++asked_;
        co_await sleep_for(Milliseconds(5));
        app::StoreHealth health;
        health.name = fmt::format("check {}", number);
        const bool stopped = co_await cancelled();
        if (stopped) health.error = "stopped";
        co_return std::vector{health};
    }

    asio::awaitable<void> hear(StoreChecks& checks) {
        const auto all = co_await checks.latest();
        heard_.push_back(all.front().name + all.front().error);
    }

    StoreChecks::Ask asking() {
        return [this] { return ask(); };
    }

    asio::io_context loop_{1};
    int asked_ = 0;
    std::vector<std::string> heard_;
};

TEST_F(StoreChecksTest, OneCheckAnswersAllWhoAskMeanwhileAndAfter) {
    StoreChecks checks(asking(), kDay);
    for (int i = 0; i < 50; ++i) asio::co_spawn(loop_, hear(checks), asio::detached);
    loop_.run();
    run_to_end(hear(checks));
    EXPECT_EQ(asked_, 1);
    EXPECT_EQ(heard_, std::vector<std::string>(51, "check 1"));
}

TEST_F(StoreChecksTest, WhatIsOldIsAskedAgain) {
    StoreChecks checks(asking(), Milliseconds(0));
    run_to_end(hear(checks));
    run_to_end(hear(checks));
    EXPECT_EQ(heard_, (std::vector<std::string>{"check 1", "check 2"}));
}

TEST_F(StoreChecksTest, WhoHangsUpDoesNotDecideWhatOthersHear) {
    StoreChecks checks(asking(), kDay);
    asio::cancellation_signal hang_up;
    asio::co_spawn(loop_, hear(checks), asio::bind_cancellation_slot(hang_up.slot(), asio::detached));
    asio::co_spawn(loop_, hear(checks), asio::detached);
    loop_.poll();
    ASSERT_EQ(asked_, 1);
    hang_up.emit(asio::cancellation_type::terminal);
    loop_.restart();
    loop_.run();
    EXPECT_EQ(asked_, 2);
    ASSERT_FALSE(heard_.empty());
    EXPECT_EQ(heard_.back(), "check 2");
}

}  // namespace
}  // namespace slipway::serve
