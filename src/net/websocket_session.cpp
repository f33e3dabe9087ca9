#include "net/websocket_session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"

namespace slipway::net {
namespace {

constexpr std::size_t kMessageInput = 16 << 10;  // read at once while inside a message
constexpr std::string_view kStopping = "the server is stopping";

metrics::Gauge& open_sockets() {
    static auto& gauge = metrics::gauge("slipway_http_websockets", "Open WebSockets.");
    return gauge;
}

}  // namespace

WebSocketSession::WebSocketSession(Connection& connection)
    : connection_(connection),
      reader_(connection.limits().websocket_message_bytes_max),
      held_(connection.service().held_bytes, connection.limits().held_bytes_max),
      received_(connection.channel().executor()),
      controls_sent_(connection.channel().executor()),
      last_input_(Clock::now()),
      next_ping_(last_input_ + connection.limits().heartbeat),
      open_(open_sockets()) {}

void WebSocketSession::start() { read_frames(); }

void WebSocketSession::read_frames() {
    auto& channel = connection_.channel();
    while (!close_received_ && !failure_ && !is_full()) {
        auto step = reader_.read(channel.input());
        if (!step) {
            fail_with(step.error());
            break;
        }
        channel.consume(step->consumed);
        const bool something = step->event.has_value();
        if (something) handle(std::move(*step->event));
        if (!held_.hold(message_bytes_ + reader_.held_bytes())) {
            fail_with({close_code::kTryAgainLater, "the server holds as much as it may"});
            break;
        }
        if (!something) break;
    }
    if (close_received_ || failure_ || is_full()) return;
    if (reader_.inside_message())
        channel.read_on(kMessageInput);
    else
        channel.rest();
}

void WebSocketSession::handle(FrameReader::Event event) {
    if (auto* message = std::get_if<WebSocketMessage>(&event)) {
        if (finishing_) return;
        message_bytes_ += message->data.size();
        messages_.push_back(std::move(*message));
        return;
    }
    const auto& control = std::get<Control>(event);
    if (control.opcode == Opcode::ping) queue_control(Opcode::pong, control.payload);
    if (control.opcode == Opcode::close) handle_close(control);
}

void WebSocketSession::handle_close(const Control& control) {
    close_received_ = true;
    // The peer's code is its answer (RFC 6455 section 5.5.1).
    queue_close(control.code == close_code::kNoStatus ? close_code::kNormal : control.code, "");
}

void WebSocketSession::fail_with(FrameError error) {
    failure_ = error;
    queue_close(error.code, error.reason);
}

void WebSocketSession::tell_handler() {
    const bool something = over() || !messages_.empty();
    if (something && received_.waiting())
        received_.wake();
    else if (over() && !finishing_)
        connection_.hang_up();
}

void WebSocketSession::input_changed() {
    const auto keep = shared_from_this();
    last_input_ = Clock::now();
    read_frames();
    tell_handler();
}

Task<std::optional<WebSocketMessage>> WebSocketSession::receive() {
    while (true) {
        if (!messages_.empty()) {
            auto message = std::move(messages_.front());
            messages_.erase(messages_.begin());
            message_bytes_ -= message.data.size();
            read_frames();
            co_return std::optional(std::move(message));
        }
        if (failure_)
            co_return fail(ErrorCode::unavailable, "The WebSocket was closed: {} ({}).", failure_->reason,
                           failure_->code);
        if (close_received_ || close_sent_) co_return std::optional<WebSocketMessage>();
        if (over()) co_return fail(ErrorCode::unavailable, "The WebSocket's connection broke.");
        if (draining_) co_return std::optional<WebSocketMessage>();
        co_await received_.wait();
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none)
            co_return fail(ErrorCode::unavailable, "Waiting for a WebSocket message was cancelled.");
    }
}

Task<void> WebSocketSession::send(std::string text) { return send(WebSocketMessage{.data = std::move(text)}); }

Task<void> WebSocketSession::send(WebSocketMessage message) {
    auto& channel = connection_.channel();
    if (close_sent_ || over()) co_return fail(ErrorCode::unavailable, "The WebSocket is closed.");
    const auto& data = message.data;
    const auto header = frame_header(message.binary ? Opcode::binary : Opcode::text, data.size());
    const std::array<std::string_view, 2> pieces{header, data};
    const auto sent = channel.send_now(pieces);
    if (sent < header.size() + data.size() && !co_await channel.send(pieces, sent))
        co_return fail(ErrorCode::unavailable, "The client has hung up or reads too slowly.");
    co_return Result<void>();
}

asio::awaitable<void> WebSocketSession::close(std::uint16_t code, std::string reason) {
    queue_close(code, reason);
    received_.wake_later();  // no message will come
    if (sending_controls_) co_await controls_sent_.wait();
}

void WebSocketSession::queue_close(std::uint16_t code, std::string_view reason) {
    if (std::exchange(close_sent_, true)) return;
    queue_control(Opcode::close, close_payload(code, reason));
}

void WebSocketSession::queue_control(Opcode opcode, std::string_view payload) {
    if (connection_.channel().broken()) return;
    if (opcode == Opcode::pong && controls_.size() > kControlBytesMax) return;
    controls_ += frame_header(opcode, payload.size());
    controls_ += payload;
    if (std::exchange(sending_controls_, true)) return;
    auto ended = [keep = connection_.shared_from_this()](const std::exception_ptr&) {};
    asio::co_spawn(connection_.channel().executor(), send_controls(shared_from_this()), std::move(ended));
}

asio::awaitable<void> WebSocketSession::send_controls(std::shared_ptr<WebSocketSession> self) {
    while (!controls_.empty()) {
        const auto frames = std::exchange(controls_, {});
        const std::array<std::string_view, 1> pieces{frames};
        if (!co_await connection_.channel().send(pieces)) controls_.clear();
    }
    self->sending_controls_ = false;
    controls_sent_.wake_later();
}

void WebSocketSession::check_limits(Clock::time_point now) {
    if (now > last_input_ + connection_.limits().idle_time_max) {
        connection_.hang_up();
        connection_.channel().close();
        return;
    }
    if (is_full() && connection_.channel().peer_has_closed()) connection_.hang_up();
    if (now <= next_ping_ || close_sent_) return;
    next_ping_ = now + connection_.limits().heartbeat;
    queue_control(Opcode::ping, "");
}

void WebSocketSession::drain() {
    draining_ = true;
    received_.wake_later();
}

void WebSocketSession::cut() {
    if (std::exchange(close_sent_, true)) return;
    const auto payload = close_payload(close_code::kGoingAway, kStopping);
    const auto header = frame_header(Opcode::close, payload.size());
    const std::array<std::string_view, 2> pieces{header, payload};
    connection_.channel().send_now(pieces);
}

asio::awaitable<void> WebSocketSession::finish(std::uint16_t code) {
    finishing_ = true;
    messages_.clear();
    message_bytes_ = 0;
    if (draining_ && code == close_code::kNormal)
        queue_close(close_code::kGoingAway, kStopping);
    else
        queue_close(code, "");
    read_frames();
    while (!over()) co_await received_.wait();
    if (sending_controls_) co_await controls_sent_.wait();
}

}  // namespace slipway::net
