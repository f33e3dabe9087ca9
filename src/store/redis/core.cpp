#include "store/redis/core.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/back_off.h"

namespace slipway::store::redis {
namespace {

std::chrono::steady_clock::time_point steady_now() { return std::chrono::steady_clock::now(); }

}  // namespace

std::string Core::place_of(const Address& address) const {
    auto there = options;
    there.address = address;
    return there.place();
}

struct Places::Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
};

bool Places::try_take() {
    const std::lock_guard hold(mutex_);
    if (free_ == 0) return false;
    --free_;
    return true;
}

void Places::give_back() {
    const std::lock_guard hold(mutex_);
    ++free_;
    if (waiters_.empty()) return;
    const auto next = waiters_.front();
    waiters_.pop_front();
    // Inside the lock: a waiter that is still listed has a loop that lives.
    asio::post(next->timer.get_executor(), [next] { next->timer.cancel(); });
}

asio::awaitable<void> Places::wait(SteadyTime end) {
    const auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
    struct Listed {
        Places& places;
        std::shared_ptr<Waiter> waiter;
        ~Listed() {
            const std::lock_guard hold(places.mutex_);
            places.waiters_.remove(waiter);
            places.waiting_.fetch_sub(1, std::memory_order_relaxed);
        }
    };
    {
        const std::lock_guard hold(mutex_);
        waiters_.push_back(waiter);
        waiting_.fetch_add(1, std::memory_order_relaxed);
        if (!parked_.empty()) {
            auto* const leaver = *parked_.begin();
            parked_.erase(parked_.begin());
            asio::post(leaver->home(), leaver->leaving());
        }
    }
    const Listed listed{*this, waiter};
    waiter->timer.expires_at(end);
    co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Places::park(Parked& connection) {
    const std::lock_guard hold(mutex_);
    parked_.insert(&connection);
}

void Places::unpark(Parked& connection) {
    const std::lock_guard hold(mutex_);
    parked_.erase(&connection);
}

std::optional<Error> BackOff::refusal(const Address& address) {
    const std::lock_guard hold(mutex_);
    const auto found = troubles_.find(address.text());
    if (found == troubles_.end() || found->second.retry_at <= steady_now()) return std::nullopt;
    return found->second.error;
}

void BackOff::failed(const Address& address, const Error& error) {
    const std::lock_guard hold(mutex_);
    if (troubles_.size() >= kAddressesMax) troubles_.clear();
    auto& trouble = troubles_[address.text()];
    trouble.retry_at = steady_now() + back_off(++trouble.failures, first_, max_);
    trouble.error = error;
}

void BackOff::succeeded(const Address& address) {
    const std::lock_guard hold(mutex_);
    troubles_.erase(address.text());
}

std::optional<Address> SlotMap::owner(std::uint16_t slot) const {
    if (!used()) return std::nullopt;
    const std::lock_guard hold(mutex_);
    const auto number = owners_[slot];
    if (number == 0) return std::nullopt;
    return nodes_[number - 1];
}

std::uint16_t SlotMap::number_of(const Address& node) {
    if (owners_.empty()) owners_.resize(kSlots);
    const auto found = std::ranges::find(nodes_, node);
    if (found != nodes_.end()) return static_cast<std::uint16_t>(found - nodes_.begin() + 1);
    if (nodes_.size() >= kNodesMax) {  // nodes that went, mostly: begin anew
        nodes_.clear();
        std::ranges::fill(owners_, 0);
    }
    nodes_.push_back(node);
    used_.store(true, std::memory_order_relaxed);
    return static_cast<std::uint16_t>(nodes_.size());
}

void SlotMap::learn(std::uint16_t slot, const Address& owner) {
    const std::lock_guard hold(mutex_);
    const auto number = number_of(owner);
    if (slot < kSlots) owners_[slot] = number;
}

void SlotMap::learn_all(const Reply& slots, const Address& asked) {
    const std::lock_guard hold(mutex_);
    for (const auto& range : slots.items) {
        if (range.items.size() < 3 || range.items[2].items.size() < 2) continue;
        const auto first = range.items[0].as_integer(), last = range.items[1].as_integer();
        const auto& node = range.items[2];
        const auto port = node.items[1].as_integer();
        if (!first || !last || !port || *first < 0 || *last >= kSlots || *port < 1 || *port > 65535) continue;
        Address owner = asked;
        if (!node.items[0].text.empty()) owner.host = node.items[0].text;
        owner.port = static_cast<std::uint16_t>(*port);
        const auto number = number_of(owner);
        for (auto slot = *first; slot <= *last; ++slot) owners_[static_cast<std::size_t>(slot)] = number;
    }
}

void SlotMap::forget(const Address& node) {
    const std::lock_guard hold(mutex_);
    const auto found = std::ranges::find(nodes_, node);
    if (found == nodes_.end()) return;
    const auto number = static_cast<std::uint16_t>(found - nodes_.begin() + 1);
    for (auto& owner : owners_)
        if (owner == number) owner = 0;
}

bool SlotMap::refresh_due() {
    const std::lock_guard hold(mutex_);
    if (steady_now() < refresh_at_) return false;
    refresh_at_ = steady_now() + std::chrono::seconds(1);
    return true;
}

}  // namespace slipway::store::redis
