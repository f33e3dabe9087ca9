// Ends what a socket is doing when its time is up, by closing it: the pending operation then fails and fired() tells
// why.
#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "base/task.h"

namespace slipway::net {

using ClientSocket = asio::generic::stream_protocol::socket;
using SteadyTime = std::chrono::steady_clock::time_point;

// Used on one executor. Costs one timer for any number of steps.
class Deadline {
 public:
    explicit Deadline(asio::any_io_executor executor);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    // From now until disarm() or the next arm(), `socket` is closed when `when` comes. The socket outlives that.
    void arm(ClientSocket& socket, SteadyTime when);
    void disarm();
    bool fired() const;

 private:
    struct Watch;
    std::shared_ptr<Watch> watch_;
};

}  // namespace slipway::net
