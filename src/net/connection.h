// One connection: reads requests one after the other, runs their handlers, sends the answers. Lives on one event loop.
//
// The handler runs inside the connection's own coroutine, so a request that is answered at once costs no operation of
// the loop beyond its read. While it waits, the read under way notices the client's hang-up; then the coroutine is
// cancelled, which ends the handler.
#pragma once

#include <boost/asio/cancellation_signal.hpp>

#include "base/metrics.h"
#include "net/channel.h"
#include "net/exchange.h"
#include "net/request_parser.h"

namespace slipway::net {

class WebSocketSession;

class Connection final : public ChannelOwner {
 public:
    Connection(Loop& loop, Channel::Socket socket, bool private_socket);
    ~Connection() override;
    // `refused`: says that the server is full, and ends.
    void start(bool refused);

    // From the loop. None of these resumes a coroutine inside the call.
    void check_limits(Clock::time_point now);
    void drain();
    void cut();
    std::size_t place = 0;  // in the loop's list

    // More input, or its end, while a handler runs.
    void input_changed() override;

    // For what serves a part of the connection (bodies, WebSocket):
    Channel& channel() { return channel_; }
    Service& service() { return service_; }
    const ServerLimits& limits() const { return service_.options.limits; }
    void hang_up();
    // Sends `comment` whenever nothing was sent for limits.heartbeat.
    void set_heartbeat(std::string comment);
    void postpone_heartbeat() { heartbeat_at_ = Clock::now() + limits().heartbeat; }
    void stop_heartbeat() { heartbeat_.clear(); }

 private:
    enum class Phase : unsigned char { handshake, idle, head, body, handler, sending, websocket, finishing };
    enum class Outcome : unsigned char { finished, cancelled, failed };

    std::shared_ptr<Connection> self() { return std::static_pointer_cast<Connection>(shared_from_this()); }
    void enter(Phase phase, Milliseconds limit);
    void enter(Phase phase);
    void expire();

    asio::awaitable<void> session(bool refused);
    asio::awaitable<void> serve_requests();
    asio::awaitable<void> refuse_connection();
    asio::awaitable<bool> wait_for_request();
    asio::awaitable<void> let_others_go_first();
    asio::awaitable<bool> serve_request();
    void ended(const std::exception_ptr& thrown);
    void record(const Exchange& exchange, std::uint64_t bytes_before);

    // connection_request.cpp. A refusal with status 0: the client went away.
    using Accepted = std::expected<void, Refusal>;
    // False: the request was refused, and that answered.
    asio::awaitable<bool> accept_request(Exchange& exchange);
    asio::awaitable<Accepted> read_request(Exchange& exchange);
    asio::awaitable<Accepted> read_head(RequestParser& parser);
    asio::awaitable<Accepted> read_body(Exchange& exchange, RequestParser& parser);
    Refusal interrupted(std::string_view what, Milliseconds limit) const;
    static Refusal overfull();  // limits.held_bytes_max

    // connection_answer.cpp
    asio::awaitable<void> answer(Exchange& exchange);
    asio::awaitable<void> respond_with(Exchange& exchange, Response response);
    asio::awaitable<void> handle(Exchange& exchange);
    void mend(const Exchange& exchange, Outcome outcome, std::optional<Response>& response);
    void tell_of_end_later();
    asio::awaitable<Outcome> guarded(asio::awaitable<void> work, std::string_view what, const Exchange& exchange);
    asio::awaitable<bool> admit(Exchange& exchange);
    void complete(const Exchange& exchange, Response& response) const;
    Response without_route(const Exchange& exchange);
    Response render(const Exchange& exchange, const Refusal& refusal);
    // `response` is kept by who awaits.
    asio::awaitable<void> respond(Exchange& exchange, Response& response);
    asio::awaitable<void> respond_text(Exchange& exchange, Response& response, std::string& body);
    asio::awaitable<void> respond_stream(Exchange& exchange, Response& response, StreamBody& body);
    asio::awaitable<void> respond_events(Exchange& exchange, Response& response, EventBody& body);
    asio::awaitable<bool> begin_events(Exchange& exchange, Response& response, bool chunked);
    void end_stream(Exchange& exchange, bool whole);
    asio::awaitable<void> respond_file(Exchange& exchange, Response& response, const FileBody& body);
    Response stopped(const Exchange& exchange, Milliseconds time_max);
    Response failed(const Exchange& exchange);
    static void log_failure(std::string_view what, const Exchange& exchange, std::string_view thrown);
    std::string head_of(Exchange& exchange, const Response& response, bool chunked,
                        std::optional<std::uint64_t> length);
    asio::awaitable<bool> send(Pieces pieces);
    asio::awaitable<void> send_heartbeat();
    asio::awaitable<void> serve_websocket(Exchange& exchange);
    asio::awaitable<bool> shake_hands(Exchange& exchange);
    std::optional<Response> refuse_websocket(const Exchange& exchange);

    Loop& loop_;
    Service& service_;
    Channel channel_;
    std::string remote_address_;
    bool private_socket_;
    metrics::UnderWay open_;

    Phase phase_ = Phase::handshake;
    std::optional<Clock::time_point> deadline_;
    bool timed_out_ = false;    // the phase's limit has passed
    bool gone_ = false;         // the client hung up, or was cut
    bool cancellable_ = false;  // code of the application runs in the coroutine
    bool fresh_ = true;         // nothing was asked on it yet
    bool linger_ = false;       // the client may still be sending: let it read our answer first
    asio::cancellation_signal cancel_;
    std::string heartbeat_;
    Clock::time_point heartbeat_at_;
    WebSocketSession* websocket_ = nullptr;
};

}  // namespace slipway::net
