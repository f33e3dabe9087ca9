// What one request or WebSocket holds for its client, counted over all connections of a server, so that many clients
// who send or read large bodies slowly cannot make the process grow without end.
//
// The first kFree bytes of each are not counted: small requests are served while large ones are refused. What holds
// alone may be as large as its own limit allows. Thread safe as far as the total; one HeldBytes belongs to one loop.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace slipway::net {

class HeldBytes {
 public:
    static constexpr std::size_t kFree = 16 << 10;

    HeldBytes(std::atomic<std::size_t>& total, std::size_t total_max) : total_(total), total_max_(total_max) {}
    ~HeldBytes() { total_ -= counted_; }
    HeldBytes(const HeldBytes&) = delete;
    HeldBytes& operator=(const HeldBytes&) = delete;

    // From now on `bytes` are held. False when that is more than fits beside the others.
    bool hold(std::size_t bytes) {
        const auto counted = bytes - std::min(bytes, kFree);
        const bool more = counted > counted_;
        const auto before = total_.fetch_add(counted - counted_);  // may wrap around and back: unsigned
        const auto others = before - counted_;
        counted_ = counted;
        return !more || others == 0 || others + counted <= total_max_;
    }

 private:
    std::atomic<std::size_t>& total_;
    std::size_t total_max_;
    std::size_t counted_ = 0;
};

}  // namespace slipway::net
