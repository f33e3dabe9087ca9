// How often each of many may do something: a bucket of tokens per key, which fills again over time.
//
// A full bucket has `burst` tokens and an empty one is full again after `period`. Nobody is remembered longer than two
// periods, and at most `keys_max` in each: when more come, all newcomers share one bucket until the period is over.
// Thread safe; take() never waits.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace slipway {

class TokenBuckets {
 public:
    using Clock = std::chrono::steady_clock;

    // `burst` and `period` are above zero.
    TokenBuckets(std::size_t burst, std::chrono::milliseconds period, std::size_t keys_max = 50'000);

    // What became of asking for a token of a key.
    struct Taken {
        std::optional<std::chrono::milliseconds> wait;  // when there was none: until there is
        std::size_t left = 0;                           // whole tokens
        std::chrono::milliseconds full_after{0};
        explicit operator bool() const { return !wait; }
    };
    Taken take(const std::string& key, Clock::time_point now = Clock::now());
    // How many are remembered.
    std::size_t keys() const;

    std::size_t burst() const { return burst_; }
    std::chrono::milliseconds period() const { return period_; }

 private:
    struct Bucket {
        double tokens = 0;
        Clock::time_point at;  // when it had so many
    };
    void forget(Clock::time_point now);
    Bucket& bucket_of(const std::string& key, Clock::time_point now);

    std::size_t burst_;
    std::chrono::milliseconds period_;
    std::size_t keys_max_;
    mutable std::mutex mutex_;
    // Who came in this period, and who came last in the one before. A bucket that nobody took from for a period is
    // full, so it need not be kept.
    std::unordered_map<std::string, Bucket> recent_, earlier_;
    Bucket newcomers_;
    Clock::time_point period_began_;
};

}  // namespace slipway
