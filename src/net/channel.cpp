#include "net/channel.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace slipway::net {
namespace {

constexpr std::size_t kPiecesMax = 4;         // of one message
constexpr std::size_t kTlsRecord = 16 << 10;  // smaller messages are joined into one record
constexpr auto kWaitAsTuple = asio::as_tuple(asio::use_awaitable);

std::size_t size_of(Pieces pieces) {
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    return size;
}

}  // namespace

Channel::Channel(ChannelOwner& owner, Socket socket, asio::ssl::context* tls, Milliseconds write_time_max)
    : owner_(owner),
      socket_(std::move(socket)),
      write_time_max_(write_time_max),
      input_arrived_(socket_.get_executor()) {
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
    if (tls != nullptr) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *tls);
}

asio::awaitable<bool> Channel::handshake() {
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kWaitAsTuple);
    if (error) broken_ = ended_ = true;
    co_return !error;
}

void Channel::resize_buffer(std::size_t capacity) {
    auto other = std::make_unique_for_overwrite<char[]>(capacity);
    const auto held = end_ - begin_;
    if (held > 0) std::memcpy(other.get(), buffer_.get() + begin_, held);
    buffer_ = std::move(other);
    capacity_ = capacity;
    begin_ = 0;
    end_ = held;
    filled_ = false;
}

// Room for at least one more byte; none while `input_max` bytes wait.
bool Channel::make_room(std::size_t input_max) {
    const auto held = end_ - begin_;
    if (held >= input_max) return false;
    if (held == 0) begin_ = end_ = 0;
    auto wanted = std::min(input_max, std::max(capacity_, kIdleInput));
    if (capacity_ > 0 && (filled_ || held == capacity_)) wanted = std::min(input_max, capacity_ * 4);
    if (wanted != capacity_) {
        resize_buffer(wanted);
    } else if (end_ == capacity_) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, held);
        begin_ = 0;
        end_ = held;
    }
    return end_ < capacity_;
}

void Channel::read_on(std::size_t input_max) {
    if (reading_ || ended_ || !make_room(input_max)) return;
    reading_ = true;
    const auto room = asio::buffer(buffer_.get() + end_, capacity_ - end_);
    auto done = [this, keep = owner_.shared_from_this()](boost::system::error_code error, std::size_t count) {
        read_done(error, count);
    };
    if (tls_)
        tls_->async_read_some(room, std::move(done));
    else
        socket_.async_read_some(room, std::move(done));
}

void Channel::rest() {
    if (tls_) return read_on(kIdleInput);
    if (resting_ || ended_ || end_ > begin_) return read_on(kIdleInput);
    if (!reading_) return wait_at_rest();
    if (sending_) return;  // it may wait for the kernel, too
    resting_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Channel::wait_at_rest() {
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
    filled_ = false;
    reading_ = resting_ = true;
    socket_.async_wait(Socket::wait_read, [this, keep = owner_.shared_from_this()](boost::system::error_code error) {
        if (error) return read_done(error, 0);
        reading_ = resting_ = false;
        read_on(kIdleInput);
    });
}

void Channel::read_done(boost::system::error_code error, std::size_t count) {
    // Cancelled in order to rest.
    if (std::exchange(resting_, false) && capacity_ > 0 && error == asio::error::operation_aborted && !broken_)
        return wait_at_rest();
    reading_ = false;
    end_ += count;
    filled_ = end_ == capacity_;
    if (error) ended_ = true;
    if (input_arrived_.waiting())
        input_arrived_.wake();
    else
        owner_.input_changed();
}

asio::awaitable<bool> Channel::fill(std::size_t input_max) {
    const auto before = end_ - begin_;
    read_on(input_max);
    if (reading_) co_await input_arrived_.wait();
    co_return end_ - begin_ > before;
}

bool Channel::peer_has_closed() {
    if (ended_) return true;
    pollfd polled{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&polled, 1, 0) > 0;
}

// One sendmsg of what is left after `skip` bytes. 0 when the kernel takes nothing now; a failure marks the channel
// broken.
std::size_t Channel::push(Pieces pieces, std::size_t skip) {
    std::array<iovec, kPiecesMax> vectors{};
    std::size_t used = 0;
    for (auto piece : pieces) {
        const auto left_out = std::min(skip, piece.size());
        skip -= left_out;
        piece.remove_prefix(left_out);
        if (piece.empty() || used == kPiecesMax) continue;
        vectors[used++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = used;
    const auto count = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) broken_ = true;
        return 0;
    }
    bytes_sent_ += static_cast<std::size_t>(count);
    return static_cast<std::size_t>(count);
}

std::size_t Channel::send_now(Pieces pieces) {
    if (tls_ || sending_ || broken_ || !socket_.is_open()) return 0;
    return push(pieces, 0);
}

// True once it is our turn; false when the waiting coroutine was cancelled before.
asio::awaitable<bool> Channel::take_turn() {
    if (!sending_) {
        sending_ = true;
        co_return true;
    }
    Wakeup turn(socket_.get_executor());
    turns_.push_back(&turn);
    co_await turn.wait();
    // pass_turn() takes the turn out of the queue and leaves `sending_` set for it.
    co_return std::erase(turns_, &turn) == 0;
}

void Channel::pass_turn() {
    write_deadline_.reset();
    // Half a message cannot be taken back: nothing sensible can follow it.
    if (halfway_) broken_ = true;
    if (turns_.empty()) {
        sending_ = false;
        return;
    }
    auto* next = turns_.front();
    turns_.erase(turns_.begin());
    next->wake_later();
}

asio::awaitable<bool> Channel::send(Pieces pieces, std::size_t sent) {
    if (!co_await take_turn()) co_return false;
    struct Turn {
        Channel& channel;
        ~Turn() { channel.pass_turn(); }
    } turn{*this};
    if (!socket_.is_open()) broken_ = true;
    if (broken_) co_return false;
    if (tls_) co_return co_await send_encrypted(pieces);
    co_return co_await send_plain(pieces, sent);
}

asio::awaitable<bool> Channel::send_plain(Pieces pieces, std::size_t sent) {
    const auto size = size_of(pieces);
    while (sent < size) {
        const auto count = push(pieces, sent);
        if (broken_) co_return false;
        sent += count;
        if (sent == size) break;
        halfway_ = sent > 0;
        if (count > 0 || !write_deadline_) write_deadline_ = Clock::now() + write_time_max_;
        const auto [error] = co_await socket_.async_wait(Socket::wait_write, kWaitAsTuple);
        if (error) co_return false;
    }
    halfway_ = false;
    co_return true;
}

asio::awaitable<bool> Channel::send_encrypted(Pieces pieces) {
    std::string joined;
    std::array<std::string_view, 1> single;
    if (pieces.size() > 1 && size_of(pieces) <= kTlsRecord) {
        for (const auto piece : pieces) joined += piece;
        single[0] = joined;
        pieces = single;
    }
    for (auto piece : pieces) {
        while (!piece.empty()) {
            write_deadline_ = Clock::now() + write_time_max_;
            halfway_ = true;
            const auto buffer = asio::buffer(piece.data(), std::min(piece.size(), kTlsRecord));
            const auto [error, count] = co_await tls_->async_write_some(buffer, kWaitAsTuple);
            if (error) co_return false;
            bytes_sent_ += count;
            piece.remove_prefix(count);
        }
    }
    halfway_ = false;
    co_return true;
}

asio::awaitable<void> Channel::finish(bool linger) {
    boost::system::error_code ignored;
    if (tls_ && !broken_ && !ended_) {
        // The read under way would take the peer's goodbye away from the shutdown.
        socket_.cancel(ignored);
        if (reading_) co_await input_arrived_.wait();
        co_await tls_->async_shutdown(kWaitAsTuple);
        co_return;
    }
    if (!linger || broken_) co_return;
    socket_.shutdown(Socket::shutdown_send, ignored);
    bool more = true;
    while (more && !ended_) {
        begin_ = end_;
        more = co_await fill(kTlsRecord);
    }
}

void Channel::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    broken_ = true;
}

}  // namespace slipway::net
