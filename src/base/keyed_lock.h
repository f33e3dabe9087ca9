// A lock per key for coroutines: those who ask for the same key go one after another, in the order they asked.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"

namespace slipway {

// Thread safe; coroutines of different loops may wait for the same key. Must outlive its guards.
class KeyedLock {
 public:
    class Guard {
     public:
        Guard(KeyedLock& lock, std::string key) : lock_(&lock), key_(std::move(key)) {}
        Guard(Guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)), key_(std::move(other.key_)) {}
        Guard& operator=(Guard&&) = delete;
        ~Guard() {
            if (lock_ != nullptr) lock_->release(key_);
        }

     private:
        KeyedLock* lock_;
        std::string key_;
    };

    explicit KeyedLock(std::size_t waiting_max = 256) : waiting_max_(waiting_max) {}

    // `unavailable` when the key was not free within `patience`, or when waiting_max others wait for it already.
    Task<Guard> acquire(std::string key, Milliseconds patience);

 private:
    struct Waiter;
    void release(const std::string& key);

    std::size_t waiting_max_;
    std::mutex mutex_;
    // Few wait, so a queue that costs nothing while nobody does.
    std::unordered_map<std::string, std::vector<std::shared_ptr<Waiter>>> held_;
};

}  // namespace slipway
