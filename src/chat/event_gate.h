// Holds what a run of the graph tells back until its question is stored: the graph works while the disk does, and yet
// nothing of an answer is told before it may be acknowledged.
#pragma once

#include <chrono>

#include <boost/asio/steady_timer.hpp>

#include "chat/types.h"

namespace slipway::chat {

// One turn's. Not thread safe: everything of a turn runs on one loop.
class EventGate {
 public:
    // `listener` outlives it.
    explicit EventGate(const ChatListener& listener) : listener_(listener) {}

    // Runs `opening`, which calls open(), beside what its caller does next. Nothing may be left of it when the gate
    // goes: close() waits for its end, which is near when it is told to `hurry`.
    void begin(const asio::any_io_executor& executor, asio::awaitable<void> opening);
    asio::awaitable<void> close(bool hurry);

    // Tells `started` and what waits; from then on events go through. An error is the listener's.
    Task<void> open(ChatEvent started);
    // A first `routed` waits inside, so that the run goes on; whoever tells another event waits outside.
    Task<void> tell(ChatEvent event);
    // Returns when it is open, or the coroutine is cancelled.
    asio::awaitable<void> wait();

 private:
    // Only what waits for it needs this; thousands may be open.
    struct Opening {
        explicit Opening(const asio::any_io_executor& executor)
            : opened(executor, std::chrono::steady_clock::time_point::max()),
              ended(executor, std::chrono::steady_clock::time_point::max()) {}
        asio::steady_timer opened;  // expires: open
        asio::steady_timer ended;   // never expires; its wait ends with it
        std::optional<ChatEvent> routed;
    };

    const ChatListener& listener_;
    asio::cancellation_signal hurry_;
    bool is_open_ = false;
    std::unique_ptr<Opening> opening_;  // from begin() to the end of that
};

}  // namespace slipway::chat
