// What waits for one subscription. Internal to this room.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "store/channels/channels.h"

namespace slipway::store {

class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
    explicit Inbox(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    // From any thread, while the hub is locked and knows it. Each posts to the loop where somebody is to be told.
    void put(const std::string& channel, const std::shared_ptr<const std::string>& message);
    void miss();
    void close();
    void expect(const std::string& key);     // confirmed() or give_up() follows
    void confirmed(const std::string& key);  // `missed` for one that did not wait for it
    void give_up();

    // On the loop of its reader:
    Result<std::optional<Heard>> take();
    void on_heard(std::function<void()> tell) { tell_heard_ = std::move(tell); }
    void on_confirmed(std::function<void()> tell) { tell_confirmed_ = std::move(tell); }
    bool waits_for_confirmation() const;
    // Its reader has gone: nobody is told any more.
    void abandon();

 private:
    void note(Heard heard);
    void wake();

    const asio::any_io_executor executor_;
    mutable std::mutex mutex_;
    std::vector<Heard> waiting_;  // mostly none
    std::size_t bytes_ = 0;
    std::vector<std::string> expected_;
    bool woken_ = false, closed_ = false;
    std::function<void()> tell_heard_, tell_confirmed_;  // of the loop
};

}  // namespace slipway::store
