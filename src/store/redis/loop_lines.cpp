#include "store/redis/loop_lines.h"

#include <algorithm>

#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>

#include "store/redis/failure.h"

namespace slipway::store::redis {
namespace {

bool same_owner(const std::weak_ptr<const void>& a, const std::shared_ptr<const void>& b) {
    return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace

LoopLines& LoopLines::of(const asio::any_io_executor& executor) {
    return asio::use_service<LoopLines>(asio::query(executor, asio::execution::context));
}

void LoopLines::sweep() {
    for (auto& entry : all_) {
        if (entry.owner.expired())
            for (const auto& line : entry.lines) line->close(broken(entry.address.text(), "its client has gone"));
        std::erase_if(entry.lines, [](const auto& line) { return !line->usable(); });
    }
    std::erase_if(all_, [](const Lines& entry) { return entry.lines.empty(); });
}

std::vector<std::shared_ptr<Line>>& LoopLines::lines_to(const std::shared_ptr<const void>& owner,
                                                        const Address& address) {
    for (auto& entry : all_)
        if (entry.address == address && same_owner(entry.owner, owner)) return entry.lines;
    all_.push_back({owner, address, {}});
    return all_.back().lines;
}

Task<std::shared_ptr<Line>> LoopLines::take(std::shared_ptr<Core> core, std::shared_ptr<const void> owner,
                                            Address address, SteadyTime end) {
    const auto executor = co_await asio::this_coro::executor;
    while (true) {
        sweep();
        auto& lines = lines_to(owner, address);
        const auto least = std::ranges::min_element(lines, {}, [](const auto& line) { return line->waiting(); });
        if (least != lines.end() && (*least)->waiting() == 0) co_return *least;
        if (const auto error = core->back_off.refusal(address); error && lines.empty())
            co_return std::unexpected(*error);
        if (lines.size() < core->options.connections_per_loop_max && core->places.try_take()) {
            lines.push_back(Line::open(core, address, executor));
            co_return lines.back();
        }
        if (least != lines.end()) co_return *least;
        if (std::chrono::steady_clock::now() >= end)
            co_return std::unexpected(broken(core->place_of(address), "all its connections are in use"));
        co_await core->places.wait(end);
    }
}

void LoopLines::leave(const std::shared_ptr<const void>& owner, const Address& address, const Error& reason) {
    for (const auto& line : std::exchange(lines_to(owner, address), {})) line->close(reason);
    sweep();
}

void LoopLines::shutdown() noexcept {
    for (const auto& entry : std::exchange(all_, {}))
        for (const auto& line : entry.lines) line->close(broken(entry.address.text(), "its event loop has ended"));
}

}  // namespace slipway::store::redis
