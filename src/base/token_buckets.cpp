#include "base/token_buckets.h"

#include <algorithm>
#include <cmath>

namespace slipway {

TokenBuckets::TokenBuckets(std::size_t burst, std::chrono::milliseconds period, std::size_t keys_max)
    : burst_(burst),
      period_(period),
      keys_max_(keys_max),
      newcomers_{.tokens = static_cast<double>(burst), .at = {}},
      period_began_() {}

void TokenBuckets::forget(Clock::time_point now) {
    const auto age = now - period_began_;
    if (age < period_) return;
    earlier_ = age < 2 * period_ ? std::move(recent_) : decltype(recent_)();
    recent_.clear();
    period_began_ = now;
}

TokenBuckets::Bucket& TokenBuckets::bucket_of(const std::string& key, Clock::time_point now) {
    if (const auto known = recent_.find(key); known != recent_.end()) return known->second;
    if (recent_.size() >= keys_max_) return newcomers_;
    if (auto known = earlier_.extract(key)) return recent_.insert(std::move(known)).position->second;
    return recent_.emplace(key, Bucket{.tokens = static_cast<double>(burst_), .at = now}).first->second;
}

TokenBuckets::Taken TokenBuckets::take(const std::string& key, Clock::time_point now) {
    const std::lock_guard hold(mutex_);
    forget(now);
    auto& bucket = bucket_of(key, now);
    const auto per_token = std::chrono::duration<double, std::milli>(period_) / static_cast<double>(burst_);
    if (now > bucket.at) {
        bucket.tokens = std::min(static_cast<double>(burst_), bucket.tokens + (now - bucket.at) / per_token);
        bucket.at = now;
    }
    const auto until = [&](double tokens) {
        return std::chrono::milliseconds(std::llround(std::ceil((tokens - bucket.tokens) * per_token.count())));
    };
    Taken taken;
    if (bucket.tokens >= 1)
        bucket.tokens -= 1;
    else
        taken.wait = std::max(std::chrono::milliseconds(1), until(1));
    taken.left = static_cast<std::size_t>(bucket.tokens);
    taken.full_after = until(static_cast<double>(burst_));
    return taken;
}

std::size_t TokenBuckets::keys() const {
    const std::lock_guard hold(mutex_);
    return recent_.size() + earlier_.size();
}

}  // namespace slipway
