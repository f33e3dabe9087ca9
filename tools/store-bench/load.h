// One side of a comparison: the same operation again and again from some coroutines of one event loop, each asking when
// its last answer has come. bench/peers does the same with the clients that others use, and reports the same fields.
#pragma once

#include <functional>

#include "base/json.h"
#include "base/task.h"

namespace slipway::bench {

struct Load {
    std::size_t concurrency = 1;
    Milliseconds warm_up{500}, duration{2'000};
};

// "concurrency", "warm_up_ms", "duration_ms". `invalid` when one is out of bounds.
Result<Load> load_of(const json::object& settings);

// `turn` is another one each time, from 0.
using Operation = std::function<Task<void>(std::uint64_t turn)>;

// {"operations", "seconds", "cpu" (s of this process), "p50 us", "p99 us"} of the time after the warm-up. The first
// error ends it.
Result<json::object> run_load(asio::io_context& loop, const Load& load, const Operation& operation);

// What each side asks for in its n-th turn: all of `count` in an order that is no sequence.
inline std::uint64_t chosen(std::uint64_t turn, std::uint64_t count) { return turn * 7919 % count; }

// Of this process, all threads.
double cpu_seconds();

Result<json::object> bench_postgres(const json::object& settings);
Result<json::object> bench_redis(const json::object& settings);
Result<json::object> bench_objects(const json::object& settings);
Result<json::object> bench_queue(const json::object& settings);
Result<json::object> bench_index(const json::object& settings);

}  // namespace slipway::bench
