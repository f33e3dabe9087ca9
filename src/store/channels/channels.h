// The channels port: what happens is told to everybody who listens, in this process and in others. Adapters: memory.h
// (this process), redis.h (all processes on one Redis).
//
// The workspace is a parameter of everything: a channel of one is never heard in another, whatever it is called.
//
// Delivery is at most once, and in the order in which one process published. Nothing is kept for who does not listen.
// Whoever lost messages is told so by a Heard without a message (`missed`), after which all that follows is heard
// again: a reader that was too slow (more than kChannelWaitingMax messages or kChannelWaitingBytesMax wait for it), or
// all readers after the store was away. Who is told `missed` reads the state anew from where it is kept.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "base/workspace.h"

namespace slipway::store {

inline constexpr std::size_t kChannelNameBytesMax = 200;
inline constexpr std::size_t kChannelMessageBytesMax = 64 << 10;
inline constexpr std::size_t kChannelsPerSubscriptionMax = 100;
inline constexpr std::size_t kChannelWaitingMax = 256;
inline constexpr std::size_t kChannelWaitingBytesMax = 1 << 20;  // of one subscription

struct Heard {
    std::string channel;                         // empty when something was missed
    std::shared_ptr<const std::string> message;  // shared by all who heard it; null: messages were lost

    bool missed() const { return message == nullptr; }
};

// Used on the loop that made it, and destroyed there before its end.
class Subscription {
 public:
    virtual ~Subscription() = default;
    // Returns once whatever is published after it will be heard. When the store does not answer it returns all the
    // same, and `missed` follows once that is so. `invalid`: a bad name, or more than kChannelsPerSubscriptionMax;
    // `unavailable`: this process has as many as it may. A channel that it has already stays. Not twice at once.
    virtual Task<void> add(std::vector<std::string> channels) = 0;
    virtual void remove(std::string_view channel) = 0;
    // What waits, nullopt when nothing does. `unavailable` after Channels::close(), once nothing waits any more.
    virtual Result<std::optional<Heard>> take() = 0;
    // Called on the loop, in a turn of its own, when something waits (or all is over) after take() had nothing.
    // Replaces the one before; empty: nobody.
    virtual void on_heard(std::function<void()> tell) = 0;
    // Waits for the next, at most so long; then nullopt. `unavailable` also when it was cancelled. By on_heard().
    Task<std::optional<Heard>> next(Milliseconds patience);
};

struct ChannelsStatus {
    std::string engine;  // "Redis 7.0.15", "memory"
    Milliseconds latency{0};
};

// Thread safe. Outlives its subscriptions.
class Channels {
 public:
    virtual ~Channels() = default;
    // Never waits. Success says nothing about whether anybody heard it. `invalid` for a name or message out of bounds;
    // `unavailable` when the store is lost (it is not sent later; the readers are told that they missed something).
    virtual Result<void> publish(const WorkspaceId& workspace, std::string_view channel, std::string message) = 0;
    // A subscription of the calling loop, as Subscription::add() says; may begin without a channel.
    virtual Task<std::unique_ptr<Subscription>> subscribe(WorkspaceId workspace, std::vector<std::string> channels) = 0;
    // The process stops: all subscriptions end, and no more begin. Publishing goes on.
    virtual void close() = 0;
    // `unavailable` says what is wrong with the store.
    virtual Task<ChannelsStatus> status() = 0;
};

// 1 to kChannelNameBytesMax of letters, digits and "-_.:/@".
Result<void> check_channel_name(std::string_view name);
// What each adapter checks first.
Result<void> check_publication(std::string_view channel, std::string_view message);

struct ChannelsOptions {
    std::string name = "slipway";  // tells applications apart that share a Redis; of letters, digits, '-' and '_'
    std::size_t subscribed_max = 200'000;  // channels of all subscriptions of this process
    std::size_t unsent_max = 4'096;        // messages and bytes that wait to be published; more are lost
    std::size_t unsent_bytes_max = 8 << 20;
    Milliseconds confirm_time_max{2'000};  // add() waits so long for the store
};

// `memory:`, `redis://…` or `rediss://…` (store/redis/url.h). Connects nothing yet.
Result<std::unique_ptr<Channels>> open_channels(std::string_view url, ChannelsOptions options = {});

}  // namespace slipway::store
