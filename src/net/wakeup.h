// Lets one coroutine wait until something else on the same event loop wakes it. Cheaper than a timer or a channel: no
// operation of the loop is involved. Not thread safe.
#pragma once

#include <functional>
#include <memory>

#include "base/task.h"

namespace slipway::net {

class Wakeup {
 public:
    explicit Wakeup(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    // Returns after wake(), wake_later(), or when the waiting coroutine is cancelled. Only one coroutine may wait.
    asio::awaitable<void> wait();
    bool waiting() const { return static_cast<bool>(resume_); }
    // Resumes the waiting coroutine inside this call; nothing may be touched afterwards that it could have destroyed.
    void wake();
    // Resumes it in a later turn of the loop.
    void wake_later();

 private:
    asio::any_io_executor executor_;
    std::move_only_function<void()> resume_;
};

}  // namespace slipway::net
