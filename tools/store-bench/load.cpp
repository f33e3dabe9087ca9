#include "load.h"

#include <algorithm>
#include <ctime>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace slipway::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kConcurrencyMax = 10'000;
constexpr std::int64_t kTimeMax = 600'000;  // ms

struct Run {
    const Load& load;
    const Operation& operation;
    std::uint64_t turn = 0;
    bool counting = false, ending = false;
    std::vector<float> waits = {};  // us
    double seconds = 0, cpu = 0;
    std::optional<Error> failure = {};
};

asio::awaitable<void> work(Run& run) {
    while (!run.ending) {
        const auto began = Clock::now();
        const auto done = co_await run.operation(run.turn++);
        if (!done) {
            if (!run.failure) run.failure = done.error();
            run.ending = true;
        } else if (run.counting) {
            run.waits.push_back(std::chrono::duration<float, std::micro>(Clock::now() - began).count());
        }
    }
}

asio::awaitable<void> watch(Run& run) {
    co_await sleep_for(run.load.warm_up);
    const auto began = Clock::now();
    const auto cpu = cpu_seconds();
    run.counting = true;
    co_await sleep_for(run.load.duration);
    run.counting = false;
    run.ending = true;
    run.cpu = cpu_seconds() - cpu;
    run.seconds = std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Result<Load> load_of(const json::object& settings) {
    const auto concurrency = integer_or(settings, "concurrency", 1);
    const auto warm_up = integer_or(settings, "warm_up_ms", 500), duration = integer_or(settings, "duration_ms", 2'000);
    if (concurrency < 1 || concurrency > kConcurrencyMax || warm_up < 0 || warm_up > kTimeMax || duration < 1 ||
        duration > kTimeMax)
        return fail(ErrorCode::invalid, "1 to {} at once, times of at most {} ms.", kConcurrencyMax, kTimeMax);
    return Load{.concurrency = static_cast<std::size_t>(concurrency),
                .warm_up = Milliseconds(warm_up),
                .duration = Milliseconds(duration)};
}

Result<json::object> run_load(asio::io_context& loop, const Load& load, const Operation& operation) {
    Run run{load, operation};
    for (std::size_t i = 0; i < load.concurrency; ++i) asio::co_spawn(loop, work(run), asio::detached);
    asio::co_spawn(loop, watch(run), asio::detached);
    loop.restart();
    loop.run();
    if (run.failure) return std::unexpected(*std::move(run.failure));
    if (run.waits.empty()) return fail(ErrorCode::unavailable, "Nothing was done in {} ms.", load.duration.count());
    std::ranges::sort(run.waits);
    return json::object{{"operations", run.waits.size()},
                        {"seconds", run.seconds},
                        {"cpu", run.cpu},
                        {"p50 us", run.waits[run.waits.size() / 2]},
                        {"p99 us", run.waits[run.waits.size() * 99 / 100]}};
}

}  // namespace slipway::bench
