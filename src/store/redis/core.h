// What all connections of one client share: options, trust, the cap on connections, back-off per address, and who owns
// which slots of a cluster. Thread safe. Part of client.h.
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "net/client_connection.h"
#include "net/resolver.h"
#include "store/redis/command.h"
#include "store/redis/reply.h"
#include "store/redis/url.h"

namespace slipway::store::redis {

using SteadyTime = net::SteadyTime;

// What may be closed for another loop that has none: a connection at rest.
class Parked {
 public:
    virtual ~Parked() = default;
    virtual asio::any_io_executor home() const = 0;
    // On its loop, later: end if still at rest.
    virtual std::function<void()> leaving() = 0;
};

// The cap on connections, over all loops.
class Places {
 public:
    explicit Places(std::size_t count) : free_(count) {}

    bool try_take();
    void give_back();
    // Waits until one may be free, at most until `end`; a connection at rest on another loop is asked to leave.
    asio::awaitable<void> wait(SteadyTime end);
    // Somebody waits, so a connection that has nothing to do should leave.
    bool wanted() const { return waiting_.load(std::memory_order_relaxed) > 0; }
    void park(Parked& connection);
    void unpark(Parked& connection);

 private:
    struct Waiter;
    std::mutex mutex_;
    std::size_t free_;
    std::list<std::shared_ptr<Waiter>> waiters_;
    std::set<Parked*> parked_;
    std::atomic<std::size_t> waiting_{0};
};

// When an address may be tried again.
class BackOff {
 public:
    BackOff(Milliseconds first, Milliseconds max) : first_(first), max_(max) {}
    // The error of the last try while it is too early for another.
    std::optional<Error> refusal(const Address& address);
    void failed(const Address& address, const Error& error);
    void succeeded(const Address& address);

 private:
    static constexpr std::size_t kAddressesMax = 1'024;
    struct Trouble {
        unsigned failures = 0;
        SteadyTime retry_at;
        Error error;
    };
    Milliseconds first_, max_;
    std::mutex mutex_;
    std::map<std::string, Trouble> troubles_;
};

// Which node has which slot, as far as answers have told.
class SlotMap {
 public:
    std::optional<Address> owner(std::uint16_t slot) const;
    void learn(std::uint16_t slot, const Address& owner);
    // Reads the answer to CLUSTER SLOTS; `asked` stands for nodes that do not know their own host.
    void learn_all(const Reply& slots, const Address& asked);
    // The node does not answer: ask the others who has its slots now.
    void forget(const Address& node);
    bool used() const { return used_.load(std::memory_order_relaxed); }
    // True once a second at most: it is time to ask for the whole map.
    bool refresh_due();

 private:
    static constexpr std::size_t kNodesMax = 4'096;
    std::uint16_t number_of(const Address& node);

    mutable std::mutex mutex_;
    std::vector<std::uint16_t> owners_;  // 0: unknown, else an index into nodes_ plus one
    std::vector<Address> nodes_;
    SteadyTime refresh_at_;
    std::atomic<bool> used_{false};
};

struct Core {
    explicit Core(Options given)
        : options(std::move(given)),
          places(options.connections_max),
          back_off(options.back_off_first, options.back_off_max) {}

    Options options;
    std::unique_ptr<asio::ssl::context> tls;
    net::Resolver resolver;
    Places places;
    BackOff back_off;
    SlotMap slots;

    std::string place_of(const Address& address) const;
};

// Connects and greets: RESP3 where the server speaks it, user and password, database. `unavailable` says why not.
Task<std::unique_ptr<net::ClientConnection>> open_connection(std::shared_ptr<Core> core, Address address);

}  // namespace slipway::store::redis
