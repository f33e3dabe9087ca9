#include "serve/store_probe.h"

namespace slipway::serve {
namespace {

constexpr Milliseconds kAskTimeMax{2'000};

asio::awaitable<void> ask_one(const StoreProbe& probe, app::StoreHealth& health) {
    const auto began = std::chrono::steady_clock::now();
    auto asking = probe.ask();
    auto asked = co_await with_timeout(std::move(asking), kAskTimeMax, "The store");
    health.latency_ms = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began).count();
    if (asked)
        health.engine = *std::move(asked);
    else
        health.error = asked.error().message;
}

}  // namespace

std::string shown_url(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return {};
    auto rest = url.substr(scheme_end + 3);
    // The last one: what stands before it may be part of a password.
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
    return fmt::format("{}://{}", url.substr(0, scheme_end), rest.substr(0, rest.find_first_of("?#")));
}

asio::awaitable<std::vector<app::StoreHealth>> ask_stores(const std::vector<StoreProbe>& probes) {
    std::vector<app::StoreHealth> all(probes.size());
    if (probes.empty()) co_return all;
    for (std::size_t i = 0; i < probes.size(); ++i) {
        all[i].name = probes[i].name;
        all[i].url = probes[i].url;
        all[i].needed = probes[i].needed;
    }
    auto work = ask_one(probes[0], all[0]);
    for (std::size_t i = 1; i < probes.size(); ++i) {
        auto next = ask_one(probes[i], all[i]);
        work = both(std::move(work), std::move(next));
    }
    co_await std::move(work);
    co_return all;
}

}  // namespace slipway::serve
