// Tells the progress of long work to somebody who may be slow or gone, without holding the work up and without
// outliving it.
//
//     Progress progress(co_await asio::this_coro::executor, events);
//     auto work = long_work([&](std::size_t done) { progress.tell({{"done", done}}); });
//     co_return co_await progress.beside(std::move(work));
//
// One event is on its way at a time. Of what comes meanwhile the newest is kept, and what must not be lost up to a
// limit. Everything on one event loop.
#pragma once

#include <deque>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/json.h"
#include "net/wakeup.h"

namespace slipway::serve {

using OperatorEvents = std::function<Task<void>(json::object event)>;

class Progress {
 public:
    static constexpr std::size_t kWaitingMax = 64;

    // `events` may be empty: then nothing is told.
    Progress(asio::any_io_executor executor, OperatorEvents events)
        : wakeup_(std::move(executor)), events_(std::move(events)) {}

    // Never waits. An event that is not `kept` gives way to the next one.
    void tell(json::object event, bool kept = false);

    // The result of the work, once all that waited is told or given up. `events` is not used afterwards, however this
    // ends.
    template <typename T>
    Task<T> beside(Task<T> work) {
        using namespace asio::experimental::awaitable_operators;
        auto closing = close_after(std::move(work));
        auto sending = send_all();
        co_return co_await (std::move(closing) && std::move(sending));
    }

 private:
    struct Waiting {
        json::object event;
        bool kept;
    };

    template <typename T>
    Task<T> close_after(Task<T> work) {
        auto result = co_await std::move(work);
        closed_ = true;
        wakeup_.wake_later();
        co_return result;
    }
    asio::awaitable<void> send_all();

    net::Wakeup wakeup_;
    OperatorEvents events_;
    std::deque<Waiting> waiting_;
    bool closed_ = false;
    bool gone_ = false;  // nobody listens any more
};

}  // namespace slipway::serve
