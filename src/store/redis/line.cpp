#include "store/redis/line.h"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/metrics.h"
#include "store/redis/failure.h"

namespace slipway::store::redis {
namespace {

constexpr std::size_t kReadBytes = 16 << 10;

metrics::Gauge& connections() {
    static auto& gauge = metrics::gauge("slipway_redis_connections", "Connections to Redis, also those at rest.");
    return gauge;
}

metrics::Counter& failures() {
    static auto& counter = metrics::counter("slipway_redis_connection_failures_total",
                                            "Connections to Redis that broke or could not be made.");
    return counter;
}

}  // namespace

// A coroutine's stay in the queue of calls; gone before the answer, the call is abandoned.
class Line::Waiting {
 public:
    Waiting(Line& line, std::shared_ptr<Call> call) : line_(line.shared_from_this()), call_(std::move(call)) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
        if (!call_->done()) line_->abandon(*call_);
    }

 private:
    std::shared_ptr<Line> line_;
    std::shared_ptr<Call> call_;
};

Line::Line(std::shared_ptr<Core> core, Address address, asio::any_io_executor executor)
    : core_(std::move(core)), address_(std::move(address)), executor_(std::move(executor)), drain_(executor_) {
    connections().add(1);
}

Line::~Line() {
    end(broken(core_->place_of(address_), "the connection was closed"));
    connections().add(-1);
}

std::shared_ptr<Line> Line::open(std::shared_ptr<Core> core, Address address, asio::any_io_executor executor) {
    const std::shared_ptr<Line> line(new Line(std::move(core), std::move(address), executor));
    auto slot = line->connecting_.slot();
    asio::co_spawn(executor, connect(line), asio::bind_cancellation_slot(slot, asio::detached));
    return line;
}

asio::awaitable<void> Line::connect(std::shared_ptr<Line> line) {
    auto connected = co_await open_connection(line->core_, line->address_);
    if (line->closed_) co_return;
    if (!connected) {
        failures().add();
        line->core_->back_off.failed(line->address_, connected.error());
        line->end(connected.error());
        co_return;
    }
    line->core_->back_off.succeeded(line->address_);
    line->connection_ = *std::move(connected);
    line->start();
    if (line->calls_.empty()) line->rest();
}

Task<std::vector<Reply>> Line::ask(std::string bytes, std::size_t count, SteadyTime end) {
    const auto place = core_->place_of(address_);
    if (closed_) co_return std::unexpected(broken(place, "the connection is closed"));
    if (calls_.size() >= core_->options.commands_waiting_max ||
        unsent_.size() + bytes.size() > core_->options.unsent_bytes_max)
        co_return std::unexpected(broken(place, "too many commands wait for it").with("sent", false));
    if (calls_.empty()) core_->places.unpark(*this);
    const auto call = std::make_shared<Call>(executor_);
    call->missing = count;
    call->ended.expires_at(end);
    call->first_byte = handed_bytes_ + unsent_.size();
    unsent_ += bytes;
    calls_.push_back(call);
    const Waiting waiting(*this, call);
    const auto line = shared_from_this();  // the pool may let go of it meanwhile
    start();
    if (!call->done()) co_await call->ended.async_wait(asio::as_tuple(asio::deferred));
    if (call->failure) co_return std::unexpected(*std::move(call->failure));
    if (call->done()) co_return std::move(call->replies);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(ErrorCode::unavailable, "{}: the command was cancelled.", place);
    const auto limit = core_->options.command_time_max.count();
    auto late = broken(place, fmt::format("it did not answer within {} ms", limit));
    if (!connection_) core_->back_off.failed(address_, late);
    close(late);
    co_return std::unexpected(std::move(late));
}

void Line::start() {
    if (!connection_ || closed_) return;
    if (!unsent_.empty() && !writing_) {
        writing_ = true;
        asio::co_spawn(executor_, write(shared_from_this()), asio::detached);
    }
    if (!calls_.empty() && !reading_) {
        reading_ = true;
        asio::co_spawn(executor_, read(shared_from_this()), asio::detached);
    }
}

asio::awaitable<void> Line::write(std::shared_ptr<Line> line) {
    while (!line->unsent_.empty() && !line->closed_) {
        const auto bytes = std::exchange(line->unsent_, {});
        line->handed_bytes_ += bytes.size();
        for (std::string_view rest = bytes; !rest.empty();) {
            const auto [error, count] = co_await line->connection_->write_some(rest);
            if (line->closed_) co_return;
            if (error) {
                line->close(broken(line->core_->place_of(line->address_), "the connection was cut"));
                co_return;
            }
            rest.remove_prefix(count);
        }
    }
    line->writing_ = false;
}

asio::awaitable<void> Line::read(std::shared_ptr<Line> line) {
    std::array<char, kReadBytes> room;
    while (!line->calls_.empty()) {
        const auto [error, count] = co_await line->connection_->read_some(room);
        if (line->closed_) co_return;
        if (error) {
            line->close(broken(line->core_->place_of(line->address_), "the connection was cut"));
            co_return;
        }
        line->parser_.feed({room.data(), count});
        if (!line->take_replies()) co_return;
    }
    line->reading_ = false;
    line->rest();
}

bool Line::take_replies() {
    while (true) {
        auto reply = parser_.next();
        if (!reply) {
            close(reply.error());
            return false;
        }
        if (!*reply) return true;
        if ((*reply)->kind == Reply::Kind::push) continue;  // nobody subscribes here
        if (calls_.empty()) {
            close(broken(core_->place_of(address_), "it said something that nobody asked for"));
            return false;
        }
        auto& call = *calls_.front();
        if (!call.abandoned) call.replies.push_back(**std::move(reply));
        if (--call.missing > 0) continue;
        call.ended.cancel();
        if (call.abandoned && --abandoned_ == 0) drain_.cancel();
        calls_.pop_front();
    }
}

void Line::abandon(Call& call) {
    if (closed_ || call.abandoned) return;
    call.abandoned = true;
    call.replies.clear();
    if (++abandoned_ > 1) return;
    // Nobody watches the time any more, so the connection does.
    drain_.expires_at(call.ended.expiry());
    drain_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto line = error ? nullptr : weak.lock();
        if (!line || line->abandoned_ == 0) return;
        line->close(broken(line->core_->place_of(line->address_), "it does not answer"));
    });
}

bool Line::usable() {
    if (closed_) return false;
    if (!calls_.empty() || !connection_) return true;
    if (connection_->idle_and_open() && !parser_.in_the_middle()) return true;
    close(broken(core_->place_of(address_), "the server closed the connection"));
    return false;
}

void Line::rest() {
    if (closed_) return;
    if (core_->places.wanted()) return close(broken(core_->place_of(address_), "its place was needed elsewhere"));
    core_->places.park(*this);
}

std::function<void()> Line::leaving() {
    return [weak = weak_from_this()] {
        const auto line = weak.lock();
        if (line && line->calls_.empty())
            line->close(broken(line->core_->place_of(line->address_), "its place was needed elsewhere"));
    };
}

void Line::close(const Error& reason) {
    if (closed_) return;
    if (!calls_.empty()) failures().add();
    end(reason);
}

void Line::end(const Error& reason) {
    if (std::exchange(closed_, true)) return;
    core_->places.unpark(*this);
    core_->places.give_back();
    drain_.cancel();
    boost::system::error_code ignored;
    if (connection_) connection_->socket().close(ignored);
    if (!connection_) connecting_.emit(asio::cancellation_type::terminal);
    for (const auto& call : std::exchange(calls_, {})) {
        auto error = reason;
        error.details["sent"] = call->first_byte < handed_bytes_;
        call->failure = std::move(error);
        call->ended.cancel();
    }
}

}  // namespace slipway::store::redis
