// What is published on channels, on a connection of its own. At most once: what is published while the connection is
// broken is lost, which next() tells by an error; the reader then subscribes again and asks its store for what it
// missed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/task.h"

namespace slipway::store::redis {

struct Core;

struct Published {
    std::string channel, payload;
    bool begun = false;  // no message: the server has confirmed a channel of add()
};

// Used on the loop that made it, by one reader. Destroying it closes the connection.
class Subscription {
 public:
    ~Subscription();
    // Waits as long as it takes; a silent server is asked every Options::ping_every whether it lives. `unavailable`
    // once the connection broke, and ever after.
    Task<Published> next();
    // Further channels, and some that are no longer wanted. Both only send, in the order of the calls; for each channel
    // of add() a Published follows that says `begun`.
    void add(const std::vector<std::string>& channels);
    void remove(const std::vector<std::string>& channels);
    // Ends a next() that waits, soon.
    void close();

 private:
    friend class Client;
    struct State;
    explicit Subscription(std::shared_ptr<State> state) : state_(std::move(state)) {}
    // Returns once the server has confirmed all channels.
    static Task<std::unique_ptr<Subscription>> open(std::shared_ptr<Core> core, std::vector<std::string> channels);
    std::shared_ptr<State> state_;
};

}  // namespace slipway::store::redis
