#include "store/cache/availability.h"

#include "base/json.h"
#include "base/log.h"

namespace slipway::store {

bool Availability::may_ask() {
    const std::lock_guard hold(mutex_);
    if (!lost_) return true;
    const auto now = Clock::now();
    if (now < ask_at_) return false;
    ask_at_ = now + pause_;  // the others wait for what this one finds
    return true;
}

void Availability::answered() {
    const std::lock_guard hold(mutex_);
    if (!std::exchange(lost_, false)) return;
    log::info("cache back", {{"store", json::string_view(place_)}});
}

void Availability::failed(const Error& error) {
    const std::lock_guard hold(mutex_);
    ask_at_ = Clock::now() + pause_;
    reason_ = error;
    if (std::exchange(lost_, true)) return;
    log::warning("cache lost", {{"store", json::string_view(place_)}, {"reason", json::string_view(error.message)}});
}

void Availability::refused(const Error& error) {
    constexpr std::chrono::minutes kTellEvery{1};
    const std::lock_guard hold(mutex_);
    if (Clock::now() < tell_at_) return;
    tell_at_ = Clock::now() + kTellEvery;
    log::warning("cache refuses", {{"store", json::string_view(place_)}, {"reason", json::string_view(error.message)}});
}

Error Availability::reason() const {
    const std::lock_guard hold(mutex_);
    return reason_;
}

}  // namespace slipway::store
