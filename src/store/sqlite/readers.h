// Read connections to one SQLite file beside its writer: one per thread of a pool, opened when first needed and kept.
//
//     sqlite::Readers::Work<Rows> work = [&](sqlite::Connection& connection) -> Result<Rows> { … };
//     co_return co_await readers.run(std::move(work), options.read_time_max);
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/pool.h"
#include "store/sqlite/connection.h"

namespace slipway::store::sqlite {

// Thread safe. The destructor waits for running reads.
class Readers {
 public:
    template <typename T>
    using Work = std::function<Result<T>(Connection&)>;

    // `name` is what messages call one of them, "database reader". `waiting_max`: reads in the queue; one more is
    // answered `unavailable`.
    Readers(std::string name, std::filesystem::path file, ConnectionOptions options, std::size_t threads,
            std::size_t waiting_max)
        : file_(std::move(file)), options_(std::move(options)), pool_(std::move(name), threads, waiting_max) {}

    // Interrupted (`unavailable`) when the time is over or the awaiting coroutine is cancelled; it resumes only after
    // `work` has ended, so `work` may refer to what the coroutine keeps. `internal` when `work` throws. A transaction
    // that `work` leaves open is ended with its connection.
    template <typename T>
    Task<T> run(Work<T> work, Milliseconds time_max);

 private:
    Result<Connection> take();
    void give_back(Connection connection);

    template <typename T>
    Result<T> work_on_connection(const Work<T>& work, Milliseconds time_max, const std::atomic<bool>& stop);

    std::filesystem::path file_;
    ConnectionOptions options_;
    std::mutex mutex_;
    std::vector<Connection> idle_;
    WorkerPool pool_;  // last: its threads use the rest
};

template <typename T>
Result<T> Readers::work_on_connection(const Work<T>& work, Milliseconds time_max, const std::atomic<bool>& stop) {
    SLIPWAY_TRY(auto connection, take());
    connection.set_limit(std::chrono::steady_clock::now() + time_max, &stop);
    auto result = [&]() -> Result<T> {
        try {
            return work(connection);
        } catch (const std::exception& error) {
            return fail(ErrorCode::internal, "A {} failed unexpectedly: {}.", pool_.name(), error.what());
        }
    }();
    connection.clear_limit();
    give_back(std::move(connection));
    return result;
}

template <typename T>
Task<T> Readers::run(Work<T> work, Milliseconds time_max) {
    auto stop = std::make_shared<std::atomic<bool>>(false);
    // The pool does not listen to cancellation; the statement does.
    const auto state = co_await asio::this_coro::cancellation_state;
    auto slot = state.slot();
    if (slot.is_connected())
        slot.assign([stop](asio::cancellation_type) { stop->store(true, std::memory_order_relaxed); });
    auto task = [&] { return work_on_connection(work, time_max, *stop); };
    auto result = co_await pool_.run(std::move(task));
    slot.clear();
    co_return result;
}

}  // namespace slipway::store::sqlite
