#include "base/pool.h"

#include "base/log.h"

namespace slipway {

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t queue_limit)
    : name_(std::move(name)), queue_limit_(queue_limit), threads_(threads) {}

bool WorkerPool::reserve() {
    if (waiting_.fetch_add(1, std::memory_order_relaxed) < queue_limit_) return true;
    release();
    return false;
}

Error WorkerPool::full() const {
    return {ErrorCode::unavailable,
            fmt::format("The {} pool is full ({} waiting); try again in a moment.", name_, queue_limit_)};
}

Error WorkerPool::thrown() const {
    std::string what;
    try {
        throw;
    } catch (const std::exception& error) {
        what = error.what();
    } catch (...) {
        what = "an unknown exception";
    }
    log::error("work failed", {{"pool", name_}, {"error", what}});
    return {ErrorCode::internal, "The work failed; the log says why.", {}};
}

}  // namespace slipway
