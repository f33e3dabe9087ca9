#include "store/channels/inbox.h"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/metrics.h"

namespace slipway::store {
namespace {

metrics::Counter& missed_total() {
    static auto& counter =
        metrics::counter("slipway_channel_missed_total", "How often a subscription was told that it missed messages.");
    return counter;
}

}  // namespace

void Inbox::wake() {
    if (std::exchange(woken_, true)) return;
    asio::post(executor_, [self = shared_from_this()] {
        // Either may end its reader, and with it the functions.
        if (const auto tell = self->tell_confirmed_; tell && !self->waits_for_confirmation()) tell();
        if (const auto tell = self->tell_heard_) tell();
    });
}

void Inbox::note(Heard heard) {
    if (closed_) return;
    const auto size = heard.missed() ? 0 : heard.message->size() + heard.channel.size();
    // What waited is of no use without what is dropped now.
    if (waiting_.size() >= kChannelWaitingMax || bytes_ + size > kChannelWaitingBytesMax) {
        waiting_.clear();
        waiting_.push_back({});
        missed_total().add();
        bytes_ = 0;
    }
    bytes_ += size;
    waiting_.push_back(std::move(heard));
    wake();
}

void Inbox::put(const std::string& channel, const std::shared_ptr<const std::string>& message) {
    const std::lock_guard hold(mutex_);
    note({channel, message});
}

void Inbox::miss() {
    const std::lock_guard hold(mutex_);
    if (!waiting_.empty() && waiting_.back().missed()) return;
    missed_total().add();
    note({});
}

void Inbox::close() {
    const std::lock_guard hold(mutex_);
    closed_ = true;
    expected_.clear();
    woken_ = false;  // also who is being woken already learns of it
    wake();
}

void Inbox::expect(const std::string& key) {
    const std::lock_guard hold(mutex_);
    if (!closed_) expected_.push_back(key);
}

void Inbox::confirmed(const std::string& key) {
    {
        const std::lock_guard hold(mutex_);
        if (std::erase(expected_, key) > 0) {
            woken_ = false;
            if (expected_.empty()) wake();
            return;
        }
    }
    miss();
}

void Inbox::give_up() {
    const std::lock_guard hold(mutex_);
    if (expected_.empty()) return;
    expected_.clear();
    woken_ = false;
    wake();
}

bool Inbox::waits_for_confirmation() const {
    const std::lock_guard hold(mutex_);
    return !expected_.empty();
}

Result<std::optional<Heard>> Inbox::take() {
    const std::lock_guard hold(mutex_);
    if (waiting_.empty()) {
        woken_ = false;
        if (closed_) return fail(ErrorCode::unavailable, "The server is stopping; subscribe again in a moment.");
        return std::nullopt;
    }
    auto heard = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    if (waiting_.empty()) waiting_.shrink_to_fit();
    if (!heard.missed()) bytes_ -= heard.message->size() + heard.channel.size();
    return std::optional(std::move(heard));
}

void Inbox::abandon() {
    tell_heard_ = nullptr;
    tell_confirmed_ = nullptr;
}

}  // namespace slipway::store
