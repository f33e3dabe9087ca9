// Resumes a coroutine from a thread that is not its loop's (a worker, a writer).
//
// What is posted may run, and end the loop, before post() has returned: io_context must not be destroyed while another
// thread is inside post() or holds an executor that counts as work. So the posted function waits until this thread has
// left; that is a moment, not work.
#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace slipway {

// `guard` keeps the loop going until then. `function` runs once, on the loop.
template <typename Executor, typename Function>
void resume_on(boost::asio::executor_work_guard<Executor> guard, Function function) {
    const auto left = std::make_shared<std::atomic_flag>();
    {
        const auto executor = guard.get_executor();
        boost::asio::post(executor, [left, function = std::move(function)]() mutable {
            left->wait(false);
            std::move(function)();
        });
        guard.reset();
    }
    left->test_and_set();
    left->notify_one();
}

}  // namespace slipway
