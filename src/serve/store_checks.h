// What every store last said of itself. Probes come unannounced, unlimited, and from anybody, while a check writes and
// flushes a file: so one check at a time answers all who ask meanwhile, and for a moment after.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "app/capabilities/capabilities.h"
#include "base/keyed_lock.h"

namespace slipway::serve {

// Thread safe.
class StoreChecks {
 public:
    using Ask = std::function<asio::awaitable<std::vector<app::StoreHealth>>()>;
    explicit StoreChecks(Ask ask, Milliseconds fresh_for = Milliseconds(1'000))
        : ask_(std::move(ask)), fresh_for_(fresh_for) {}

    // Not older than `fresh_for` when the wait for it began.
    asio::awaitable<std::vector<app::StoreHealth>> latest();

 private:
    std::optional<std::vector<app::StoreHealth>> fresh();

    Ask ask_;
    Milliseconds fresh_for_;
    KeyedLock checking_{kWaitingMax};
    std::mutex mutex_;
    std::vector<app::StoreHealth> known_;
    std::chrono::steady_clock::time_point known_until_ = std::chrono::steady_clock::time_point::min();

    static constexpr std::size_t kWaitingMax = 1'000;
};

}  // namespace slipway::serve
