// Bytes in and out of one connection: plain TCP, a Unix socket or TLS behind one type, so that what stands on it is
// compiled once.
//
// There is at most one read under way. It goes on while a handler runs (that is how a hang-up is noticed) and then
// serves the next request, so it is never cancelled and costs nothing extra. Several coroutines may send; they take
// turns, one whole message each. All of it happens on the connection's event loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/wakeup.h"

namespace slipway::net {

constexpr std::size_t kIdleInput = 2048;  // the buffer that a waiting connection keeps, until it rests

using Clock = std::chrono::steady_clock;
using Pieces = std::span<const std::string_view>;

class ChannelOwner : public std::enable_shared_from_this<ChannelOwner> {
 public:
    virtual ~ChannelOwner() = default;
    // More input, or its end, and nobody waits in fill().
    virtual void input_changed() = 0;
};

class Channel {
 public:
    using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

    Channel(ChannelOwner& owner, Socket socket, asio::ssl::context* tls, Milliseconds write_time_max);

    bool is_tls() const { return tls_ != nullptr; }
    asio::awaitable<bool> handshake();

    // What has arrived and is not consumed yet. Valid until the next call that reads.
    std::string_view input() const { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t count) { begin_ += count; }
    // True after the end of the input, or when the connection broke.
    bool ended() const { return ended_; }
    // Waits for more input. False when there will be none, or stop_waiting() was called, or `input_max` bytes wait
    // already.
    asio::awaitable<bool> fill(std::size_t input_max);
    void stop_waiting() { input_arrived_.wake_later(); }
    // Starts a read unless one is under way or `input_max` bytes wait already; owner.input_changed() follows.
    void read_on(std::size_t input_max);
    // From here on, until something comes, the wait for input keeps no buffer: for a connection that may be silent for
    // long. Costs a call of the kernel when it is not. With TLS it only reads on.
    void rest();
    // Asks the kernel, for the time when read_on() has no room to notice it by itself.
    bool peer_has_closed();

    // Sends what the kernel takes at once, in one call; 0 when it is someone else's turn, and with TLS.
    std::size_t send_now(Pieces pieces);
    // Sends all, leaving out the first `sent` bytes. False when the connection is broken: then nothing can be sent any
    // more.
    asio::awaitable<bool> send(Pieces pieces, std::size_t sent = 0);
    bool sending() const { return sending_; }
    asio::any_io_executor executor() { return socket_.get_executor(); }
    Socket& socket() { return socket_; }
    bool broken() const { return broken_; }

    // No progress in sending since write_time_max.
    bool stalled(Clock::time_point now) const { return write_deadline_ && now > *write_deadline_; }
    // Says goodbye (TLS), ends the output, and reads on for a moment, so that the peer gets our last answer before a
    // reset.
    asio::awaitable<void> finish(bool linger);
    // Cuts; whatever waits ends soon.
    void close();
    std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
    void read_done(boost::system::error_code error, std::size_t count);
    void wait_at_rest();
    bool make_room(std::size_t input_max);
    void resize_buffer(std::size_t capacity);
    std::size_t push(Pieces pieces, std::size_t skip);
    asio::awaitable<bool> send_plain(Pieces pieces, std::size_t sent);
    asio::awaitable<bool> send_encrypted(Pieces pieces);
    asio::awaitable<bool> take_turn();
    void pass_turn();

    ChannelOwner& owner_;
    Socket socket_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
    Milliseconds write_time_max_;

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
    bool filled_ = false;  // the last read took all the room there was
    bool reading_ = false, ended_ = false;
    bool resting_ = false;  // the read under way keeps no buffer, or is cancelled so that the next will not
    Wakeup input_arrived_;

    bool sending_ = false, broken_ = false;
    bool halfway_ = false;        // part of a message is with the kernel
    std::vector<Wakeup*> turns_;  // who waits to send, first come first
    std::optional<Clock::time_point> write_deadline_;
    std::uint64_t bytes_sent_ = 0;
};

}  // namespace slipway::net
