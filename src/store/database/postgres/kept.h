// Connections at rest, by event loop: a service of the loop, so they end with it. A pool may close them from another
// thread, when its limit is reached or their time is over.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include "store/database/postgres/connection.h"

namespace slipway::store::postgres {

class KeptConnections : public asio::execution_context::service {
 public:
    static inline asio::execution_context::id id;

    explicit KeptConnections(asio::execution_context& loop);
    ~KeptConnections() override;

    static KeptConnections& of(const asio::any_io_executor& executor);

    // The newest that is still open; nullptr when there is none.
    std::unique_ptr<Connection> take(const void* pool);
    // Closes it when the loop is ending.
    void put(const void* pool, std::unique_ptr<Connection> connection);

    using Choice = std::function<bool(const Connection&)>;
    // Closes those of a pool that are chosen, on all loops, `count_max` at most; how many.
    static std::size_t close_anywhere(const void* pool, const Choice& choice, std::size_t count_max = SIZE_MAX);
    static std::size_t count(const void* pool);

 private:
    struct Entry {
        const void* pool;
        std::unique_ptr<Connection> connection;
    };

    void shutdown() noexcept override;
    using Taken = std::vector<std::unique_ptr<Connection>>;
    void take_chosen(const void* pool, const Choice& choice, std::size_t count_max, Taken& taken);

    std::mutex mutex_;
    std::deque<Entry> entries_;  // oldest first
    bool ended_ = false;
};

}  // namespace slipway::store::postgres
