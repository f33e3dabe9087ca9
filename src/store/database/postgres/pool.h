// Connections to one PostgreSQL server: kept by the event loop that opened them, with a limit for all loops together.
//
// Who finds none free waits in a line; a connection that comes free goes to the first in the line when it is of the
// same loop, else it is closed and its place goes on. A server that cannot be reached is asked again with growing
// pauses, which all who ask share; they learn what is wrong after reconnect_time_max.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include <boost/asio/thread_pool.hpp>

#include "net/resolver.h"
#include "store/database/postgres/kept.h"

namespace slipway::store::postgres {

struct PoolOptions {
    std::size_t waiting_max = 4096;          // in the line; one more is answered `unavailable`
    Milliseconds wait_time_max{30'000};      // for a free connection
    Milliseconds reconnect_time_max{8'000};  // for a server that cannot be reached: a failover takes some seconds
    Milliseconds lifetime_max{3'600'000};    // a connection is not kept longer: names move, balancers forget
    Milliseconds drain_time = kDrainTime;    // with idle=drain: an unused connection is closed after this
    // Asked for each new connection; empty: the password of the URL. For tokens that are valid for minutes.
    std::function<Task<std::string>()> password;
};

class Pool;

// A connection that is lent to one coroutine, and goes back when it ends.
class Lease {
 public:
    Lease(std::shared_ptr<Pool> pool, std::unique_ptr<Connection> connection)
        : pool_(std::move(pool)), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { give_back(); }

    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

 private:
    void give_back();

    std::shared_ptr<Pool> pool_;
    std::unique_ptr<Connection> connection_;
};

struct PoolCounts {
    std::size_t open = 0, idle = 0, waiting = 0;
};

// Thread safe. close() before the last owner goes.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
    static std::shared_ptr<Pool> make(const Libpq& pq, Target target, PoolOptions options);

    // A connection of the caller's loop. `fresh`: not one that was kept, as the server said that it ends.
    Task<Lease> take(bool fresh = false);
    // Opens one and waits for a server that starts, `patience` at most; what is waited for is logged.
    Task<void> wait_for_server(Milliseconds patience);
    PoolCounts counts();
    const Target& target() const { return target_; }
    const Libpq& pq() const { return *pq_; }
    // Closes what rests, and keeps nothing from now on.
    void close();

 private:
    friend class Lease;
    struct Place;
    struct Waiter;
    using PlacePointer = std::shared_ptr<const void>;
    struct Granted {
        PlacePointer place;                      // to open a connection in,
        std::unique_ptr<Connection> connection;  // or one that came free
    };

    Pool(const Libpq& pq, Target target, PoolOptions options);
    void give_back(std::unique_ptr<Connection> connection);
    void free_place();
    PlacePointer reserve();
    Task<Granted> wait_in_line(asio::any_io_executor executor);
    Task<std::unique_ptr<Connection>> open_one(PlacePointer place, Milliseconds patience, bool tell = false);
    Task<std::unique_ptr<Connection>> try_to_open();
    Task<std::string> addresses();
    Task<void> look_at(Connection& connection);
    Milliseconds pause_before_opening();
    void opened(bool well);
    bool worth_keeping(const Connection& connection) const;
    void watch();

    const Libpq* pq_;
    const Target target_;
    const PoolOptions options_;
    net::Resolver resolver_;
    Connection::CancelSink cancel_;
    std::mutex mutex_;
    std::size_t open_ = 0;  // places in use: connections, and those who open one
    std::deque<std::shared_ptr<Waiter>> line_;
    std::size_t failures_ = 0;  // in a row
    Clock::time_point next_opening_{};
    bool closed_ = false;
    asio::thread_pool background_{1};  // looks for connections that rest too long
    asio::steady_timer watch_timer_{background_};
};

}  // namespace slipway::store::postgres
