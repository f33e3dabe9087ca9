#include "deploy/verify/websocket_client.h"

#include <array>

#include "base/crypto.h"
#include "deploy/verify/websocket_answer.h"
#include "net/client_tls.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kHeadBytesMax = 16 << 10;
constexpr std::size_t kKeyBytes = 16, kMaskBytes = 4;

std::unexpected<Error> broken(std::string_view what) { return fail(ErrorCode::upstream, "The WebSocket {}.", what); }

}  // namespace

Task<std::unique_ptr<WebSocketClient>> WebSocketClient::open(std::string url, std::string token, Milliseconds limit) {
    SLIPWAY_CO_TRY(const auto target, net::parse_target(url));
    SLIPWAY_CO_TRY(const auto tls, net::client_tls(std::nullopt));
    net::Resolver resolver;
    const net::ClientRoute route{.target = target, .proxy = {}, .unix_socket = {}};
    const net::ConnectOptions options{.tls = tls.get(), .limit = limit};
    auto client = std::make_unique<WebSocketClient>();
    SLIPWAY_CO_TRY(client->connection_, co_await net::connect(resolver, route, options));
    SLIPWAY_CO_CHECK(co_await client->shake_hands(target, token));
    co_return client;
}

Task<void> WebSocketClient::write(std::string bytes) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const auto [error, count] = co_await connection_->write_some(rest);
        if (error) co_return broken("broke while something was sent: " + error.message());
        rest.remove_prefix(count);
    }
    co_return Result<void>();
}

Task<void> WebSocketClient::read_more() {
    std::array<char, 4096> room{};
    const auto [error, count] = co_await connection_->read_some(room);
    if (error) co_return broken("was closed: " + error.message());
    unread_.append(room.data(), count);
    if (unread_.size() > kMessageBytesMax + kHeadBytesMax) co_return broken("sends more than a check reads");
    co_return Result<void>();
}

Task<void> WebSocketClient::shake_hands(const net::Target& target, const std::string& token) {
    const auto key = to_base64(random_bytes(kKeyBytes));
    auto head = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: {}\r\n",
        target.path, target.authority, key);
    if (!token.empty()) head += "Authorization: Bearer " + token + "\r\n";
    SLIPWAY_CO_CHECK(co_await write(head + "\r\n"));
    while (unread_.find("\r\n\r\n") == std::string::npos) {
        if (unread_.size() > kHeadBytesMax) co_return broken("answers the handshake with too much");
        SLIPWAY_CO_CHECK(co_await read_more());
    }
    const auto end = unread_.find("\r\n\r\n") + 4;
    const auto answer = unread_.substr(0, end);
    unread_.erase(0, end);
    co_return check_handshake(answer, key);
}

Task<void> WebSocketClient::send_frame(net::Opcode opcode, std::string payload) {
    auto frame = net::frame_header(opcode, payload.size());
    frame[1] = static_cast<char>(static_cast<unsigned char>(frame[1]) | 0x80U);
    const auto mask = random_bytes(kMaskBytes);
    frame += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % kMaskBytes]);
    return write(std::move(frame));
}

Task<void> WebSocketClient::send(std::string text) { return send_frame(net::Opcode::text, std::move(text)); }

Task<std::string> WebSocketClient::receive() {
    while (true) {
        SLIPWAY_CO_TRY(const auto frame, read_server_frame(unread_));
        if (!frame) {
            SLIPWAY_CO_CHECK(co_await read_more());
            continue;
        }
        const auto opcode = frame->opcode;
        std::string payload(frame->payload);
        unread_.erase(0, frame->size);
        if (opcode == net::Opcode::text) co_return payload;
        if (opcode == net::Opcode::close) co_return broken("was closed by the server");
        if (opcode == net::Opcode::ping) SLIPWAY_CO_CHECK(co_await send_frame(net::Opcode::pong, std::move(payload)));
    }
}

}  // namespace slipway::deploy
