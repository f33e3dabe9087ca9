// Who listens to what in this process. What both adapters stand on: one tells it what was published here, the other
// what Redis has told. Internal to this room. Thread safe.
//
// A subscription is an inbox with a bound. Whoever puts something in posts to the loop of its reader once, until the
// reader has found it empty. That is done while the registry is locked, and who leaves takes the same lock, so that
// nothing is posted to a loop that has ended.
#pragma once

#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "store/channels/channels.h"

namespace slipway::store {

class Inbox;

class Hub {
 public:
    using Message = std::shared_ptr<const std::string>;
    // Called while the hub is locked, when the first one listens to a key and when the last one has left. Empty: each
    // key is heard at once.
    using Changed = std::function<void(const std::string& key)>;

    Hub(const ChannelsOptions& options, Changed changed, std::string prefix = "");

    static Task<std::unique_ptr<Subscription>> subscribe(std::shared_ptr<Hub> hub, WorkspaceId workspace,
                                                         std::vector<std::string> channels);
    // No other pair of workspace and channel gives the same.
    std::string key_of(const WorkspaceId& workspace, std::string_view channel) const;
    void deliver(const std::string& key, const Message& message);
    void miss_all();
    void close();

    // For a store whose answers take time: from now on the keys are heard. Who waits for that goes on; others that
    // listen already have missed something.
    void confirm(const std::vector<std::string>& keys);
    // Nothing is heard until confirm(); nobody waits for it meanwhile.
    void lose();
    bool wanted(const std::string& key) const;
    std::vector<std::string> all_wanted() const;

    // For subscriptions:
    Result<void> join(Inbox& inbox);
    void part(Inbox& inbox, const std::vector<std::string>& keys);
    Result<void> enter(Inbox& inbox, const std::string& key, const std::string& channel);
    void leave(Inbox& inbox, const std::string& key);
    Milliseconds confirm_time_max() const { return options_.confirm_time_max; }

 private:
    struct Listeners {
        std::string channel;
        bool heard = false;
        std::unordered_set<Inbox*> inboxes;
    };

    void remove(Inbox& inbox, const std::string& key);

    const ChannelsOptions options_;
    const Changed changed_;
    const std::string prefix_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Listeners> listeners_;
    std::unordered_set<Inbox*> inboxes_;  // all, also without a channel
    std::size_t subscribed_ = 0;
    bool lost_ = false, closed_ = false;
};

}  // namespace slipway::store
