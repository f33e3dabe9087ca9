// One WebSocket on a connection, from the handshake to the close. Frames are read whether or not the handler asks for a
// message, so a ping is answered and a close is noticed at once; at most kMessagesMax messages (or one limit's worth of
// bytes) wait for receive().
#pragma once

#include <vector>

#include "base/metrics.h"
#include "net/connection.h"
#include "net/held_bytes.h"
#include "net/websocket_frame.h"

namespace slipway::net {

class WebSocketSession final : public WebSocket, public std::enable_shared_from_this<WebSocketSession> {
 public:
    static constexpr std::size_t kMessagesMax = 8;
    static constexpr std::size_t kControlBytesMax = 2048;  // unsent pongs; further ones are dropped

    explicit WebSocketSession(Connection& connection);

    // Both may be cancelled without harm to the connection, as long as no part of the message was sent.
    Task<std::optional<WebSocketMessage>> receive() override;
    Task<void> send(std::string text) override;
    Task<void> send(WebSocketMessage message);
    bool draining() const override { return draining_ && !close_sent_ && !over(); }
    asio::awaitable<void> close(std::uint16_t code, std::string reason) override;

    // From the connection:
    void start();
    void input_changed();
    void check_limits(Clock::time_point now);
    void drain();
    void cut();
    // After the handler: says goodbye with `code` unless someone has, and waits for the peer's.
    asio::awaitable<void> finish(std::uint16_t code);
    bool failed() const { return failure_.has_value(); }

 private:
    void read_frames();
    void handle(FrameReader::Event event);
    void handle_close(const Control& control);
    void fail_with(FrameError error);
    bool is_full() const {
        return messages_.size() >= kMessagesMax || message_bytes_ >= connection_.limits().websocket_message_bytes_max;
    }
    bool over() const {
        return close_received_ || failure_ || connection_.channel().ended() || connection_.channel().broken();
    }
    void queue_control(Opcode opcode, std::string_view payload);
    void queue_close(std::uint16_t code, std::string_view reason);
    asio::awaitable<void> send_controls(std::shared_ptr<WebSocketSession> self);
    // Lets the handler know: by the end of its receive(), else by cancelling it.
    void tell_handler();

    Connection& connection_;
    FrameReader reader_;
    std::vector<WebSocketMessage> messages_;  // a few, mostly none
    std::size_t message_bytes_ = 0;
    HeldBytes held_;  // of messages_, and of the one on its way in
    Wakeup received_, controls_sent_;
    std::string controls_;  // frames that wait to be sent
    bool sending_controls_ = false, draining_ = false, finishing_ = false;
    bool close_sent_ = false, close_received_ = false;
    std::optional<FrameError> failure_;
    Clock::time_point last_input_, next_ping_;
    metrics::UnderWay open_;
};

}  // namespace slipway::net
