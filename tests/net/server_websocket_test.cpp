// WebSocket: Beast as an independent client, and frames made by hand for what no library would send.
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

namespace websocket = boost::beast::websocket;

asio::awaitable<void> echo(Request&, WebSocket& socket) {
    while (true) {
        auto message = co_await socket.receive();
        if (!message || !*message) co_return;
        const auto sent = co_await socket.send(std::move((*message)->data));
        if (!sent) co_return;
    }
}

std::string masked(unsigned char first, std::string_view payload, bool mask = true) {
    std::string frame(1, static_cast<char>(first));
    const unsigned char bit = mask ? 0x80 : 0;
    if (payload.size() < 126) {
        frame += static_cast<char>(bit | payload.size());
    } else {
        frame += static_cast<char>(bit | 126);
        frame += static_cast<char>(payload.size() >> 8U);
        frame += static_cast<char>(payload.size());
    }
    if (!mask) return frame.append(payload);
    constexpr std::string_view kKey = "\x11\x22\x33\x44";
    frame += kKey;
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ kKey[i % 4]);
    return frame;
}

std::string close_frame(unsigned code, std::string_view reason = "") {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code)};
    return masked(0x88, payload.append(reason));
}

struct Frame {
    unsigned opcode = 0;
    std::string payload;
    unsigned code() const {
        if (opcode != 8 || payload.size() < 2) return 0;
        return static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
    }
};

constexpr std::string_view kUpgrade = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n";
constexpr std::string_view kKeyLine = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

class HandMade : public RawClient {
 public:
    explicit HandMade(std::uint16_t port, std::string_view path = "/ws") : RawClient(port) {
        send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}{}Sec-WebSocket-Version: 13\r\n\r\n", path, kUpgrade,
                         kKeyLine));
        const auto answer = this->answer();
        EXPECT_EQ(answer.status, 101);
        EXPECT_EQ(answer.headers.get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 section 1.3
    }
    // Opcode 0 at the end of the connection.
    Frame frame() {
        if (!receive_bytes(2)) return {};
        EXPECT_EQ(static_cast<unsigned char>(input[1]) & 0x80, 0);
        std::size_t size = static_cast<unsigned char>(input[1]), header = 2;
        if (size == 126) {
            if (!receive_bytes(4)) return {};
            size = static_cast<unsigned char>(input[2]) * 256U + static_cast<unsigned char>(input[3]);
            header = 4;
        }
        if (!receive_bytes(header + size)) return {};
        Frame got{static_cast<unsigned char>(input[0]) & 15U, input.substr(header, size)};
        input.erase(0, header + size);
        return got;
    }
    // The close code that the server answers with; then it must end the connection.
    unsigned closed_with() {
        auto got = frame();
        while (got.opcode != 0 && got.opcode != 8) got = frame();
        send(close_frame(1000));
        EXPECT_TRUE(closed_by_server());
        return got.code();
    }
};

class ServerWebSocketTest : public ServerTest {
 protected:
    ServerWebSocketTest() { router->add_websocket("/ws", {}, echo); }
};

TEST_F(ServerWebSocketTest, EchoesWithAnIndependentClient) {
    start();
    asio::io_context context;
    websocket::stream<asio::ip::tcp::socket> client(context);
    client.next_layer().connect({asio::ip::address_v4::loopback(), port()});
    client.handshake("localhost", "/ws");
    for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 1'000'000UL}) {
        const std::string text(size, 'x');
        client.write(asio::buffer(text));
        boost::beast::flat_buffer buffer;
        client.read(buffer);
        EXPECT_EQ(boost::beast::buffers_to_string(buffer.data()), text);
        EXPECT_TRUE(client.got_text());
    }
    client.auto_fragment(true);
    client.write_buffer_bytes(16);
    client.write(asio::buffer(std::string(1000, 'y')));
    boost::beast::flat_buffer buffer;
    client.read(buffer);
    EXPECT_EQ(buffer.size(), 1000U);
    client.ping("p");
    client.close(websocket::close_code::normal);
    EXPECT_EQ(client.reason().code, websocket::close_code::normal);
    EXPECT_TRUE(becomes_empty());
}

TEST_F(ServerWebSocketTest, RefusesBadHandshakes) {
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/ws").status, 426);
    EXPECT_EQ(client.get("/ws", std::string(kUpgrade) + "Sec-WebSocket-Version: 13\r\n").status, 400);
    EXPECT_EQ(
        client.get("/ws", std::string(kUpgrade) + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n").status,
        400);
    const auto old = client.get("/ws", std::string(kUpgrade) + std::string(kKeyLine) + "Sec-WebSocket-Version: 8\r\n");
    EXPECT_EQ(old.status, 426);
    EXPECT_EQ(old.headers.get("Sec-WebSocket-Version"), "13");
    EXPECT_EQ(
        client.get("/hello", std::string(kUpgrade) + std::string(kKeyLine) + "Sec-WebSocket-Version: 13\r\n").status,
        200);
    EXPECT_EQ(client.get("/nowhere", kUpgrade).status, 404);
}

TEST_F(ServerWebSocketTest, ClosesOnViolationsWithTheirCode) {
    options.limits.websocket_message_bytes_max = 1000;
    start();
    const std::vector<std::pair<std::string, unsigned>> violations{
        {masked(0x81, "not masked", false), 1002},
        {masked(0xC1, "reserved bit"), 1002},
        {masked(0x83, "unknown opcode"), 1002},
        {masked(0x8B, "unknown control"), 1002},
        {masked(0x80, "continuation of nothing"), 1002},
        {masked(0x01, "begin") + masked(0x81, "begin again"), 1002},
        {masked(0x09, "fragmented ping"), 1002},
        {masked(0x89, std::string(126, 'p')), 1002},
        {masked(0x88, "x"), 1002},
        {close_frame(999), 1002},
        {close_frame(1005), 1002},
        {close_frame(1006), 1002},
        {close_frame(1015), 1002},
        {close_frame(2000), 1002},
        {close_frame(5000), 1002},
        {close_frame(1000, "\xff"), 1007},
        {masked(0x81, "\xc0\xaf"), 1007},
        {masked(0x01, "\xe4") + masked(0x80, "\xff"), 1007},
        {masked(0x81, std::string(1001, 'x')), 1009},
        {masked(0x01, std::string(600, 'x')) + masked(0x80, std::string(600, 'x')), 1009},
        {std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
                     "mask"),
         1009},
    };
    for (std::size_t i = 0; i < violations.size(); ++i) {
        SCOPED_TRACE(i);
        HandMade client(port());
        client.send(violations[i].first);
        EXPECT_EQ(client.closed_with(), violations[i].second);
    }
    HandMade good(port());
    good.send(masked(0x01, "\xe4") + masked(0x89, "ping") + masked(0x80, "\xbd\xa0"));
    EXPECT_EQ(good.frame().payload, "ping");
    EXPECT_EQ(good.frame().payload, "\xe4\xbd\xa0");
    good.send(close_frame(3001, "bye"));
    EXPECT_EQ(good.frame().code(), 3001U);
    EXPECT_TRUE(good.closed_by_server());
}

TEST_F(ServerWebSocketTest, AnEmptyCloseIsAnsweredAndBytesAfterItAreIgnored) {
    start();
    HandMade client(port());
    client.send(masked(0x88, "") + masked(0x81, "too late"));
    EXPECT_EQ(client.frame().code(), 1000U);
    EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerWebSocketTest, PingsAndCutsASilentPeer) {
    options.limits.heartbeat = Milliseconds(40);
    options.limits.idle_time_max = Milliseconds(300);
    start();
    HandMade client(port());
    EXPECT_EQ(client.frame().opcode, 9U);
    EXPECT_EQ(client.frame().opcode, 9U);
    EXPECT_TRUE(client.closed_by_server());
    HandMade living(port());
    for (int i = 0; i < 15; ++i) {
        EXPECT_EQ(living.frame().opcode, 9U);
        living.send(masked(0x8A, ""));
    }
    living.send(masked(0x81, "still here"));
    auto got = living.frame();
    while (got.opcode == 9) got = living.frame();
    EXPECT_EQ(got.payload, "still here");
}

struct Probe {
    Event started, ended, told;
};

// Sends while it waits to receive, and shows that neither disturbs the other.
asio::awaitable<void> push(WebSocket& socket) {
    for (int i = 0; i < 20; ++i) {
        const auto sent = co_await socket.send(fmt::format("push {}", i));
        if (!sent) co_return;
        co_await sleep_for(Milliseconds(2));
    }
}
asio::awaitable<void> push_and_receive(Request&, WebSocket& socket) {
    using namespace asio::experimental::awaitable_operators;
    auto pushing = push(socket);
    auto receiving = socket.receive();
    co_await (std::move(pushing) || std::move(receiving));  // cancels the receive, which must harm nothing
    const auto pushed = co_await socket.send("pushed");
    EXPECT_TRUE(pushed);
    const auto message = co_await socket.receive();
    if (message && *message) {
        const auto sent = co_await socket.send("got " + (*message)->data);
        EXPECT_TRUE(sent);
    }
    co_await socket.close(4001, "enough");
    const auto late = co_await socket.send("after the close");
    EXPECT_FALSE(late);
}

TEST_F(ServerWebSocketTest, SendsWhileReceivingAndSurvivesACancelledReceive) {
    router->add_websocket("/push", {}, push_and_receive);
    start();
    HandMade client(port(), "/push");
    for (int i = 0; i < 20; ++i) EXPECT_EQ(client.frame().payload, fmt::format("push {}", i));
    EXPECT_EQ(client.frame().payload, "pushed");
    client.send(masked(0x81, "hi"));
    EXPECT_EQ(client.frame().payload, "got hi");
    EXPECT_EQ(client.closed_with(), 4001U);
}

asio::awaitable<void> busy(Request&, WebSocket& socket, Probe& probe) {
    const AtEnd end{probe.ended};
    const auto first = co_await socket.receive();
    EXPECT_TRUE(first);
    probe.started.say();
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::minutes(10));
    co_await timer.async_wait(asio::use_awaitable);
    probe.told.say();
}

TEST_F(ServerWebSocketTest, AHangUpOrACloseCancelsABusyHandler) {
    for (const bool polite : {false, true}) {
        Probe probe;
        router = std::make_shared<Router>();
        router->add_websocket("/ws", {},
                              [&](Request& request, WebSocket& socket) { return busy(request, socket, probe); });
        start();
        HandMade client(port());
        client.send(masked(0x81, "work"));
        ASSERT_TRUE(probe.started.happens());
        if (polite)
            client.send(close_frame(1000));
        else
            client.reset();
        EXPECT_TRUE(probe.ended.happens());
        EXPECT_FALSE(probe.told.has_happened());
        if (polite) {
            EXPECT_EQ(client.frame().code(), 1000U);
        }
        server->stop();
    }
}

asio::awaitable<void> count_slowly(Request&, WebSocket& socket, Event& go, std::atomic<int>& count) {
    while (!go.has_happened()) co_await sleep_for(Milliseconds(5));
    while (true) {
        const auto message = co_await socket.receive();
        if (!message || !*message) co_return;
        ++count;
    }
}

TEST_F(ServerWebSocketTest, HoldsAFewMessagesAndThenTheSender) {
    Event go;
    std::atomic<int> count{0};
    router->add_websocket(
        "/slow", {}, [&](Request& request, WebSocket& socket) { return count_slowly(request, socket, go, count); });
    start();
    HandMade client(port(), "/slow");
    const timeval limit{.tv_sec = 0, .tv_usec = 200'000};
    ::setsockopt(client.native(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const auto frame = masked(0x82, std::string(60'000, 'x'));
    int sent = 0;
    while (sent < 2000 && client.send(frame)) ++sent;
    EXPECT_LT(sent, 2000);  // the sender was held up before 120 MB: they are not in the server's memory
    go.say();
    for (int i = 0; i < 1000 && count < sent; ++i) std::this_thread::sleep_for(Milliseconds(10));
    EXPECT_GE(count, sent);
}

asio::awaitable<void> throw_up(Request&, WebSocket&) {
    throw std::runtime_error("bug");
    co_return;
}
asio::awaitable<void> leave(Request&, WebSocket&) { co_return; }

TEST_F(ServerWebSocketTest, AHandlersEndClosesTheSocket) {
    router->add_websocket("/throw", {}, throw_up);
    router->add_websocket("/leave", {}, leave);
    start();
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(HandMade(port(), "/throw").closed_with(), 1011U);
    ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(HandMade(port(), "/leave").closed_with(), 1000U);
}

TEST_F(ServerWebSocketTest, DrainClosesTheIdleAtOnceAndTheBusyWhenTheyAreDone) {
    Event go, working;
    auto work = [&](Request&, WebSocket& socket) -> asio::awaitable<void> {
        const auto first = co_await socket.receive();
        EXPECT_TRUE(first);
        working.say();
        while (!go.has_happened()) co_await sleep_for(Milliseconds(5));
        const auto sent = co_await socket.send("finished");
        EXPECT_TRUE(sent);
        const auto next = co_await socket.receive();
        EXPECT_TRUE(next && !*next);
    };
    router->add_websocket("/work", {}, work);
    start();
    HandMade idle(port()), active(port(), "/work");
    active.send(masked(0x81, "go"));
    ASSERT_TRUE(working.happens());
    std::thread draining([this] { server->drain(); });
    EXPECT_EQ(idle.closed_with(), 1001U);
    go.say();
    EXPECT_EQ(active.frame().payload, "finished");
    EXPECT_EQ(active.closed_with(), 1001U);
    draining.join();
}

TEST_F(ServerWebSocketTest, StopTellsEvenTheBusy) {
    Probe probe;
    router->add_websocket("/busy", {},
                          [&](Request& request, WebSocket& socket) { return busy(request, socket, probe); });
    start();
    HandMade client(port(), "/busy");
    client.send(masked(0x81, "go"));
    ASSERT_TRUE(probe.started.happens());
    server->stop();
    EXPECT_TRUE(probe.ended.has_happened());
    EXPECT_EQ(client.frame().code(), 1001U);
}

}  // namespace
}  // namespace slipway::net::server_testing
