#include "store/channels/hub.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/metrics.h"
#include "base/percent.h"
#include "store/channels/inbox.h"

namespace slipway::store {
namespace {

metrics::Counter& delivered_total() {
    static auto& counter = metrics::counter("slipway_channel_delivered_total",
                                            "Messages given to subscriptions of this process, each of them counted.");
    return counter;
}

metrics::Gauge& open_subscriptions() {
    static auto& gauge = metrics::gauge("slipway_channel_subscriptions", "Open subscriptions.");
    return gauge;
}

std::unexpected<Error> stopping() {
    return fail(ErrorCode::unavailable, "The server is stopping; subscribe again in a moment.");
}

class HubSubscription final : public Subscription {
 public:
    HubSubscription(std::shared_ptr<Hub> hub, WorkspaceId workspace, asio::any_io_executor executor)
        : hub_(std::move(hub)), workspace_(std::move(workspace)), inbox_(std::make_shared<Inbox>(executor)) {}
    ~HubSubscription() override {
        hub_->part(*inbox_, keys_);
        inbox_->abandon();
    }

    Result<void> join() { return hub_->join(*inbox_); }
    Task<void> add(std::vector<std::string> channels) override;
    void remove(std::string_view channel) override {
        const auto key = hub_->key_of(workspace_, channel);
        if (std::erase(keys_, key) > 0) hub_->leave(*inbox_, key);
    }
    Result<std::optional<Heard>> take() override { return inbox_->take(); }
    void on_heard(std::function<void()> tell) override { inbox_->on_heard(std::move(tell)); }

 private:
    Task<void> wait_until_heard();

    std::shared_ptr<Hub> hub_;
    WorkspaceId workspace_;
    std::shared_ptr<Inbox> inbox_;
    std::vector<std::string> keys_;
    metrics::UnderWay open_{open_subscriptions()};
};

Task<void> HubSubscription::add(std::vector<std::string> channels) {
    for (const auto& channel : channels) {
        SLIPWAY_CO_CHECK(check_channel_name(channel));
        auto key = hub_->key_of(workspace_, channel);
        if (std::ranges::find(keys_, key) != keys_.end()) continue;
        if (keys_.size() >= kChannelsPerSubscriptionMax)
            co_return fail(ErrorCode::invalid, "One subscription has at most {} channels.",
                           kChannelsPerSubscriptionMax);
        SLIPWAY_CO_CHECK(hub_->enter(*inbox_, key, channel));
        keys_.push_back(std::move(key));
    }
    if (inbox_->waits_for_confirmation()) co_return co_await wait_until_heard();
    co_return Result<void>();
}

Task<void> HubSubscription::wait_until_heard() {
    asio::steady_timer waiting(co_await asio::this_coro::executor);
    waiting.expires_after(hub_->confirm_time_max());
    const std::shared_ptr<void> listening(nullptr, [inbox = inbox_](void*) { inbox->on_confirmed({}); });
    inbox_->on_confirmed([&waiting] { waiting.cancel(); });
    while (inbox_->waits_for_confirmation() && waiting.expiry() > std::chrono::steady_clock::now()) {
        co_await waiting.async_wait(asio::as_tuple(asio::deferred));
        if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "Subscribing was cancelled.");
    }
    inbox_->give_up();
    co_return Result<void>();
}

}  // namespace

Hub::Hub(const ChannelsOptions& options, Changed changed, std::string prefix)
    : options_(options), changed_(std::move(changed)), prefix_(std::move(prefix)) {}

std::string Hub::key_of(const WorkspaceId& workspace, std::string_view channel) const {
    return fmt::format("{}{}:{}", prefix_, percent_encode(workspace.value), percent_encode(channel));
}

Task<std::unique_ptr<Subscription>> Hub::subscribe(std::shared_ptr<Hub> hub, WorkspaceId workspace,
                                                   std::vector<std::string> channels) {
    auto subscription =
        std::make_unique<HubSubscription>(std::move(hub), std::move(workspace), co_await asio::this_coro::executor);
    SLIPWAY_CO_CHECK(subscription->join());
    SLIPWAY_CO_CHECK(co_await subscription->add(std::move(channels)));
    co_return std::unique_ptr<Subscription>(std::move(subscription));
}

Result<void> Hub::join(Inbox& inbox) {
    const std::lock_guard hold(mutex_);
    if (closed_) return stopping();
    inboxes_.insert(&inbox);
    return {};
}

void Hub::part(Inbox& inbox, const std::vector<std::string>& keys) {
    const std::lock_guard hold(mutex_);
    for (const auto& key : keys) remove(inbox, key);
    inboxes_.erase(&inbox);
}

Result<void> Hub::enter(Inbox& inbox, const std::string& key, const std::string& channel) {
    const std::lock_guard hold(mutex_);
    if (closed_) return stopping();
    if (subscribed_ >= options_.subscribed_max)
        return fail(ErrorCode::unavailable, "This server has {} subscriptions, as many as it may; try again later.",
                    subscribed_);
    auto& listeners = listeners_[key];
    const bool first = listeners.inboxes.empty();
    if (first) {
        listeners.channel = channel;
        listeners.heard = !changed_;
    }
    if (!listeners.inboxes.insert(&inbox).second) return {};
    ++subscribed_;
    if (!listeners.heard && !lost_) inbox.expect(key);
    if (first && changed_) changed_(key);
    return {};
}

void Hub::leave(Inbox& inbox, const std::string& key) {
    const std::lock_guard hold(mutex_);
    remove(inbox, key);
}

void Hub::remove(Inbox& inbox, const std::string& key) {
    const auto found = listeners_.find(key);
    if (found == listeners_.end() || found->second.inboxes.erase(&inbox) == 0) return;
    --subscribed_;
    if (!found->second.inboxes.empty()) return;
    listeners_.erase(found);
    if (changed_) changed_(key);
}

void Hub::deliver(const std::string& key, const Message& message) {
    const std::lock_guard hold(mutex_);
    const auto found = listeners_.find(key);
    if (found == listeners_.end()) return;
    const auto& [channel, heard, inboxes] = found->second;
    for (auto* const inbox : inboxes) inbox->put(channel, message);
    delivered_total().add(inboxes.size());
}

void Hub::miss_all() {
    const std::lock_guard hold(mutex_);
    for (const auto& [key, listeners] : listeners_)
        for (auto* const inbox : listeners.inboxes) inbox->miss();
}

void Hub::close() {
    const std::lock_guard hold(mutex_);
    closed_ = true;
    for (auto* const inbox : inboxes_) inbox->close();
}

void Hub::confirm(const std::vector<std::string>& keys) {
    const std::lock_guard hold(mutex_);
    lost_ = false;
    for (const auto& key : keys) {
        const auto found = listeners_.find(key);
        if (found == listeners_.end() || std::exchange(found->second.heard, true)) continue;
        for (auto* const inbox : found->second.inboxes) inbox->confirmed(key);
    }
}

void Hub::lose() {
    const std::lock_guard hold(mutex_);
    lost_ = true;
    for (auto& [key, listeners] : listeners_) listeners.heard = false;
    for (auto* const inbox : inboxes_) inbox->give_up();
}

bool Hub::wanted(const std::string& key) const {
    const std::lock_guard hold(mutex_);
    return listeners_.contains(key);
}

std::vector<std::string> Hub::all_wanted() const {
    const std::lock_guard hold(mutex_);
    std::vector<std::string> keys;
    keys.reserve(listeners_.size());
    for (const auto& [key, listeners] : listeners_) keys.push_back(key);
    return keys;
}

}  // namespace slipway::store
