// Connections that wait for their next request. They belong to the event loop that made them: the pool is a service of
// that loop, so they end with it and can never be used on another.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include <boost/asio/execution_context.hpp>

#include "net/client_connection.h"

namespace slipway::net {

struct IdleLimits {
    std::size_t per_route_max = 64;
    Milliseconds time_max{30'000};
};

// One per event loop, shared by all clients on it. Thread safe (a loop may have several threads).
class IdleConnections : public asio::execution_context::service {
 public:
    static inline asio::execution_context::id id;

    explicit IdleConnections(asio::execution_context& loop) : asio::execution_context::service(loop) {}

    // The one of this loop, made when it is first asked for.
    static IdleConnections& of(const asio::any_io_executor& executor);

    // `owner` tells clients apart; a client's connections are closed, at the latest, at the next call after it has
    // gone. nullptr when none is there. The newest is taken, because it is the least likely to have been closed by the
    // peer.
    std::unique_ptr<ClientConnection> take(const std::shared_ptr<const void>& owner, const std::string& key);
    void put(const std::shared_ptr<const void>& owner, std::unique_ptr<ClientConnection> connection, IdleLimits limits);

 private:
    static constexpr std::size_t kConnectionsMax = 1024;

    struct Idle {
        std::weak_ptr<const void> owner;
        std::unique_ptr<ClientConnection> connection;
        SteadyTime end;
    };

    void shutdown() noexcept override;
    void sweep();

    std::mutex mutex_;
    std::deque<Idle> idle_;  // oldest first
    bool ended_ = false;
};

}  // namespace slipway::net
