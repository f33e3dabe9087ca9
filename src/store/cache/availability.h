// Whether a store behind a cache answers: one line of the log when it is lost and one when it is back, and a pause
// before it is asked again, by one caller first.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/task.h"

namespace slipway::store {

// Thread safe.
class Availability {
 public:
    Availability(std::string place, Milliseconds pause) : place_(std::move(place)), pause_(pause) {}

    // True: ask the store now, and tell what came of it.
    bool may_ask();
    void answered();
    void failed(const Error& error);
    // It answers, but did not do it: full, read only, not permitted. One line a minute.
    void refused(const Error& error);
    // The reason while it is lost.
    Error reason() const;

 private:
    using Clock = std::chrono::steady_clock;

    const std::string place_;
    const Milliseconds pause_;
    mutable std::mutex mutex_;
    bool lost_ = false;
    Clock::time_point ask_at_, tell_at_;
    Error reason_;
};

}  // namespace slipway::store
