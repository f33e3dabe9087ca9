// One connection that many coroutines of its loop share: what they ask is sent at once, one behind the other, and the
// answers come in that order. While nothing is asked it rests without a read under way, so it does not keep a loop
// going. Part of client.h; all on one loop with one thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "store/redis/core.h"

namespace slipway::store::redis {

class Line : public std::enable_shared_from_this<Line>, private Parked {
 public:
    // Begins to connect; a place was taken for it, which it gives back. What is asked meanwhile waits.
    static std::shared_ptr<Line> open(std::shared_ptr<Core> core, Address address, asio::any_io_executor executor);
    ~Line() override;

    // Sends `bytes`, which hold `count` commands, and waits for as many answers. `unavailable` when they do not come
    // before `end`, or the connection breaks: then nobody knows what ran, unless details.sent is false. Cancelled, it
    // returns at once, and the answers are passed over when they come.
    Task<std::vector<Reply>> ask(std::string bytes, std::size_t count, SteadyTime end);

    // False when it is of no use any more.
    bool usable();
    std::size_t waiting() const { return calls_.size(); }
    void close(const Error& reason);

 private:
    struct Call {
        explicit Call(const asio::any_io_executor& executor) : ended(executor) {}
        asio::steady_timer ended;  // its time is the limit
        std::size_t missing = 0;
        std::vector<Reply> replies;
        std::optional<Error> failure;
        std::uint64_t first_byte = 0;  // counted from the first byte of the connection
        bool abandoned = false;
        bool done() const { return missing == 0 || failure.has_value(); }
    };
    class Waiting;

    Line(std::shared_ptr<Core> core, Address address, asio::any_io_executor executor);
    static asio::awaitable<void> connect(std::shared_ptr<Line> line);
    static asio::awaitable<void> write(std::shared_ptr<Line> line);
    static asio::awaitable<void> read(std::shared_ptr<Line> line);
    void start();
    // False when the connection is of no use any more.
    bool take_replies();
    void abandon(Call& call);
    void rest();
    void end(const Error& reason);

    asio::any_io_executor home() const override { return executor_; }
    std::function<void()> leaving() override;

    std::shared_ptr<Core> core_;
    Address address_;
    asio::any_io_executor executor_;
    std::unique_ptr<net::ClientConnection> connection_;  // null until it is open
    asio::cancellation_signal connecting_;
    ReplyParser parser_;
    std::deque<std::shared_ptr<Call>> calls_;
    std::string unsent_;
    std::uint64_t handed_bytes_ = 0;  // to the socket, or about to be
    std::size_t abandoned_ = 0;       // of calls_
    asio::steady_timer drain_;        // while answers are awaited that nobody waits for
    bool reading_ = false, writing_ = false, closed_ = false;
};

}  // namespace slipway::store::redis
