#include "net/connection.h"

#include <arpa/inet.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "net/websocket_session.h"

namespace slipway::net {
namespace {

constexpr Milliseconds kFinishMax{2'000};    // for the goodbye
constexpr Milliseconds kRestAfter{500};      // a connection kept alive that is silent for so long is so for longer
constexpr Milliseconds kFirstMax{1'000};     // for the first request of a connection, once the server drains
constexpr std::size_t kRequestsInARow = 32;  // pipelined requests before others of the loop get their turn

std::string address_of(const Channel::Socket& socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    const auto* address = endpoint.data();
    const void* bytes = nullptr;
    if (address->sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    if (address->sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (bytes == nullptr || inet_ntop(address->sa_family, bytes, text.data(), text.size()) == nullptr) return {};
    std::string_view shown = text.data();
    if (shown.starts_with("::ffff:")) shown.remove_prefix(7);  // IPv4 on a socket of IPv6
    return std::string(shown);
}

metrics::Gauge& open_connections() {
    static auto& gauge = metrics::gauge("slipway_http_connections", "Open connections.");
    return gauge;
}

}  // namespace

Connection::Connection(Loop& loop, Channel::Socket socket, bool private_socket)
    : loop_(loop),
      service_(loop.service()),
      channel_(*this, std::move(socket), private_socket ? nullptr : service_.tls.get(),
               service_.options.limits.write_time_max),
      private_socket_(private_socket),
      open_(open_connections()) {}

Connection::~Connection() = default;

void Connection::start(bool refused) {
    loop_.add(*this);
    remote_address_ = private_socket_ ? std::string() : address_of(channel_.socket());
    auto done = [keep = self()](const std::exception_ptr& thrown) { keep->ended(thrown); };
    asio::co_spawn(loop_.context(), session(refused), asio::bind_cancellation_slot(cancel_.slot(), std::move(done)));
}

void Connection::ended(const std::exception_ptr& thrown) {
    try {
        if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& bug) {
        log::error("connection", {{"exception", bug.what()}});
    }
    channel_.close();
    loop_.remove(*this);
    service_.connections.fetch_sub(1);
}

void Connection::enter(Phase phase, Milliseconds limit) {
    phase_ = phase;
    timed_out_ = false;
    deadline_ = Clock::now() + limit;
}

void Connection::enter(Phase phase) {
    phase_ = phase;
    deadline_.reset();
}

asio::awaitable<void> Connection::session(bool refused) {
    if (channel_.is_tls()) {
        enter(Phase::handshake, limits().header_time_max);
        if (refused || !co_await channel_.handshake()) co_return;
    }
    if (refused)
        co_await refuse_connection();
    else
        co_await serve_requests();
    enter(Phase::finishing, kFinishMax);
    if (!gone_) co_await channel_.finish(linger_);
}

asio::awaitable<void> Connection::serve_requests() {
    for (std::size_t in_a_row = 1; co_await wait_for_request(); ++in_a_row) {
        if (!co_await serve_request()) co_return;
        if (in_a_row % kRequestsInARow == 0) co_await let_others_go_first();
    }
}

asio::awaitable<void> Connection::let_others_go_first() { return asio::post(channel_.executor(), asio::use_awaitable); }

asio::awaitable<void> Connection::refuse_connection() {
    Exchange exchange(service_);
    exchange.started = Clock::now();
    exchange.request.remote_address = remote_address_;
    exchange.request.request_id = loop_.new_request_id();
    linger_ = true;
    auto response = render(exchange, refuse(503, ErrorCode::unavailable,
                                            "The server has all the connections it takes; try again in a moment.")
                                         .error());
    co_await respond(exchange, response);
    record(exchange, 0);
}

// True once there is at least one byte of a request.
asio::awaitable<bool> Connection::wait_for_request() {
    enter(Phase::idle, limits().idle_time_max);
    while (true) {
        auto input = channel_.input();
        // Some clients end a body with one line break too many.
        while (input.starts_with("\r\n")) {
            channel_.consume(2);
            input = channel_.input();
        }
        if (!input.empty() && input != "\r") co_return true;
        if (service_.draining) drain();
        if (!co_await channel_.fill(kIdleInput)) co_return false;
    }
}

asio::awaitable<bool> Connection::serve_request() {
    const auto bytes_before = channel_.bytes_sent();
    gone_ = false;
    fresh_ = false;
    Exchange exchange(service_);
    exchange.started = Clock::now();
    exchange.router = loop_.router();
    bool admitted = co_await accept_request(exchange);
    if (admitted && exchange.route != nullptr && service_.options.admit) admitted = co_await admit(exchange);
    if (admitted) co_await answer(exchange);
    record(exchange, bytes_before);
    co_return exchange.keep_alive && !gone_ && !channel_.broken();
}

asio::awaitable<bool> Connection::accept_request(Exchange& exchange) {
    const auto accepted = co_await read_request(exchange);
    if (accepted) co_return true;
    if (accepted.error().status == 0) {
        gone_ = true;
        co_return false;
    }
    exchange.keep_alive = false;
    linger_ = true;
    auto response = render(exchange, accepted.error());
    co_await respond(exchange, response);
    co_return false;
}

void Connection::record(const Exchange& exchange, std::uint64_t bytes_before) {
    const RequestRecord served{
        .request = exchange.request,
        .status = exchange.status,
        .bytes_sent = channel_.bytes_sent() - bytes_before,
        .duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - exchange.started),
        .client_gone = gone_};
    if (service_.options.observe) service_.options.observe(served);
    if (!log::enabled(log::Level::info)) return;
    const auto& request = exchange.request;
    json::object line{
        {"method", to_string(request.method)},
        {"path", request.path.empty() ? "-" : std::string_view(request.path)},
        {"route", request.route},
        {"status", served.status},
        {"ms", static_cast<double>(served.duration.count()) / 1000.0},
        {"bytes", served.bytes_sent},
        {"request_id", request.request_id},
        {"remote", private_socket_ ? std::string_view("private socket") : std::string_view(request.remote_address)}};
    if (gone_) line["gone"] = true;
    log::info("request", std::move(line));
}

void Connection::input_changed() {
    if (websocket_ != nullptr) return websocket_->input_changed();
    if (!cancellable_) return;
    if (channel_.ended())
        hang_up();
    else
        channel_.read_on(kIdleInput);
}

void Connection::hang_up() {
    gone_ = true;
    if (!std::exchange(cancellable_, false)) return;
    cancel_.emit(asio::cancellation_type::terminal);
}

void Connection::check_limits(Clock::time_point now) {
    if (channel_.stalled(now)) {
        hang_up();
        channel_.close();
        return;
    }
    if (websocket_ != nullptr)
        websocket_->check_limits(now);
    else if (cancellable_ && channel_.peer_has_closed())
        hang_up();
    if (deadline_ && now > *deadline_) expire();
    if (phase_ == Phase::idle && deadline_ && now > *deadline_ - limits().idle_time_max + kRestAfter) channel_.rest();
    if (!heartbeat_.empty() && now > heartbeat_at_ && !channel_.sending()) {
        postpone_heartbeat();
        auto ignore = [keep = self()](const std::exception_ptr&) {};
        asio::co_spawn(loop_.context(), send_heartbeat(), std::move(ignore));
    }
}

void Connection::expire() {
    deadline_.reset();
    timed_out_ = true;
    switch (phase_) {
        case Phase::head:
        case Phase::body:
            return channel_.stop_waiting();
        case Phase::handler:
            if (std::exchange(cancellable_, false)) cancel_.emit(asio::cancellation_type::terminal);
            return;
        default:
            return channel_.close();
    }
}

void Connection::drain() {
    if (websocket_ != nullptr) return websocket_->drain();
    int waiting = 0;  // a request that is on its way in is still served
    if (phase_ != Phase::idle || !channel_.input().empty()) return;
    if (::ioctl(channel_.socket().native_handle(), FIONREAD, &waiting) == 0 && waiting > 0) return;
    // Who has just connected, a balancer say, is about to ask and takes a close for a failure.
    if (fresh_)
        deadline_ = std::min(deadline_.value_or(Clock::time_point::max()), Clock::now() + kFirstMax);
    else
        channel_.close();
}

void Connection::cut() {
    if (websocket_ != nullptr) websocket_->cut();
    hang_up();
    channel_.close();
}

}  // namespace slipway::net
