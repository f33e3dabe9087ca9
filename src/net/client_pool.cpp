#include "net/client_pool.h"

#include <algorithm>

#include <boost/asio/query.hpp>

namespace slipway::net {
namespace {

bool same_owner(const std::weak_ptr<const void>& a, const std::shared_ptr<const void>& b) {
    return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace

IdleConnections& IdleConnections::of(const asio::any_io_executor& executor) {
    return asio::use_service<IdleConnections>(asio::query(executor, asio::execution::context));
}

void IdleConnections::sweep() {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(idle_, [&](const Idle& idle) { return idle.end <= now || idle.owner.expired(); });
}

std::unique_ptr<ClientConnection> IdleConnections::take(const std::shared_ptr<const void>& owner,
                                                        const std::string& key) {
    const std::lock_guard lock(mutex_);
    sweep();
    for (auto idle = idle_.end(); idle != idle_.begin();) {
        --idle;
        if (idle->connection->key() != key || !same_owner(idle->owner, owner)) continue;
        auto connection = std::move(idle->connection);
        idle = idle_.erase(idle);
        if (connection->idle_and_open()) return connection;
    }
    return nullptr;
}

void IdleConnections::put(const std::shared_ptr<const void>& owner, std::unique_ptr<ClientConnection> connection,
                          IdleLimits limits) {
    const std::lock_guard lock(mutex_);
    sweep();
    if (ended_) return;
    const auto same = std::ranges::count_if(idle_, [&](const Idle& idle) {
        return idle.connection->key() == connection->key() && same_owner(idle.owner, owner);
    });
    if (static_cast<std::size_t>(same) >= limits.per_route_max) return;
    if (idle_.size() >= kConnectionsMax) idle_.pop_front();
    idle_.push_back({owner, std::move(connection), std::chrono::steady_clock::now() + limits.time_max});
}

void IdleConnections::shutdown() noexcept {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    idle_.clear();
}

}  // namespace slipway::net
