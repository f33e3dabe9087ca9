#include "serve/wait_for_stores.h"

#include "base/json.h"
#include "base/log.h"

namespace slipway::serve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Milliseconds kAskTimeMax{5'000};
constexpr Milliseconds kPauseFirst{100}, kPauseMost{2'000};
constexpr Milliseconds kTellEvery{5'000};

// A refusal of who asks (a wrong key, a bucket that is not there) will be the same next time.
bool may_pass(const Error& error) {
    const auto status = integer_or(error.details, "status", 0);
    return error.code == ErrorCode::unavailable && status / 100 != 4;
}

Error described(const StoreProbe& probe, const Error& reason, Milliseconds waited) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
    const auto how_long = seconds > 0 ? fmt::format(" after {} s", seconds) : std::string();
    return {reason.code,
            fmt::format("The store `{}` at {} cannot be used{}. {} Start it, or correct `stores.{}` of the manifest.",
                        probe.name, probe.url, how_long, reason.message, probe.name),
            {}};
}

// Until it is there, time is over, or another one has failed.
asio::awaitable<void> wait_for(const StoreProbe& probe, Milliseconds patience, Result<void>& outcome) {
    const auto began = Clock::now();
    auto tell_at = began;
    for (auto pause = kPauseFirst;; pause = std::min(pause * 2, kPauseMost)) {
        auto asking = probe.ask();
        const auto asked = co_await with_timeout(std::move(asking), kAskTimeMax, "The store");
        const auto now = Clock::now();
        const auto waited = std::chrono::duration_cast<Milliseconds>(now - began);
        if (asked) {
            if (tell_at > began) log::info("store is there", {{"store", probe.name}, {"waited_ms", waited.count()}});
            co_return;
        }
        if (!may_pass(asked.error()) || waited >= patience) {
            outcome = std::unexpected(described(probe, asked.error(), waited));
            co_return;
        }
        if (now >= tell_at) {
            log::warning("waiting for a store",
                         {{"store", probe.name}, {"url", probe.url}, {"error", asked.error().message}});
            tell_at = now + kTellEvery;
        }
        co_await sleep_for(std::min(pause, patience - waited));
        if (!outcome) co_return;
    }
}

asio::awaitable<void> wait_for_all(const std::vector<StoreProbe>& probes, Milliseconds patience,
                                   Result<void>& outcome) {
    auto work = wait_for(probes[0], patience, outcome);
    for (std::size_t i = 1; i < probes.size(); ++i) {
        auto next = wait_for(probes[i], patience, outcome);
        work = both(std::move(work), std::move(next));
    }
    co_await std::move(work);
}

}  // namespace

Result<void> wait_for_stores(const std::vector<StoreProbe>& probes, Milliseconds patience) {
    Result<void> outcome;
    if (!probes.empty()) run_to_end(wait_for_all(probes, patience, outcome));
    return outcome;
}

}  // namespace slipway::serve
