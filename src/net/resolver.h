// Host names to addresses, on threads of its own: getaddrinfo blocks for as long as the name servers like.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/task.h"

namespace slipway::net {

// Thread safe. A lookup that nobody waits for any more still holds its thread until the system gives up, so lookups are
// bounded.
class Resolver {
 public:
    Resolver() = default;
    // Waits for lookups that run.
    ~Resolver() { threads_.join(); }

    // All addresses in the system's order of preference. `unavailable` when the name is unknown, `limit` has passed or
    // too many lookups wait. Cancellation ends the wait at once.
    Task<std::vector<asio::ip::tcp::endpoint>> resolve(std::string host, std::uint16_t port, Milliseconds limit);

 private:
    static constexpr std::size_t kThreads = 4;
    static constexpr std::size_t kLookupsMax = 256;

    std::atomic<std::size_t> lookups_{0};
    asio::thread_pool threads_{kThreads};
};

}  // namespace slipway::net
