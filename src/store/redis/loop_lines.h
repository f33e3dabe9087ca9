// The connections of one event loop: a service of it, so they end with it and are never used on another. Part of
// client.h.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/execution_context.hpp>

#include "store/redis/line.h"

namespace slipway::store::redis {

class LoopLines : public asio::execution_context::service {
 public:
    static inline asio::execution_context::id id;

    explicit LoopLines(asio::execution_context& loop) : asio::execution_context::service(loop) {}
    static LoopLines& of(const asio::any_io_executor& executor);

    // A line to this address: one at rest, a new one while the limits allow, else the one that least waits for. Waits
    // for a place when this loop has none. `owner` tells clients apart; the lines of one that has gone are closed here.
    Task<std::shared_ptr<Line>> take(std::shared_ptr<Core> core, std::shared_ptr<const void> owner, Address address,
                                     SteadyTime end);
    // Closes what leads there: it is another server by now, or not the one that is meant.
    void leave(const std::shared_ptr<const void>& owner, const Address& address, const Error& reason);

 private:
    struct Lines {
        std::weak_ptr<const void> owner;
        Address address;
        std::vector<std::shared_ptr<Line>> lines;
    };

    void shutdown() noexcept override;
    void sweep();
    std::vector<std::shared_ptr<Line>>& lines_to(const std::shared_ptr<const void>& owner, const Address& address);

    std::vector<Lines> all_;
};

}  // namespace slipway::store::redis
