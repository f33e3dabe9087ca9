// Malformed, oversized and slow requests: a clear answer or a closed connection, and the server goes on.
#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

using namespace std::string_view_literals;

class ServerAttackTest : public ServerTest {
 protected:
    // The request gets `status`, its connection is closed, and another one still works.
    void expect_refused(std::string_view bytes, int status) {
        SCOPED_TRACE(std::string(bytes.substr(0, 200)));
        RawClient client(port());
        client.send(bytes);
        const auto answer = client.answer();
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.headers.get("Connection"), "close");
        EXPECT_TRUE(json::parse(answer.body).as_object().contains("code"));
        EXPECT_TRUE(client.closed_by_server());
        EXPECT_EQ(exchange("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    }
};

TEST_F(ServerAttackTest, RefusesMalformedHeads) {
    start();
    expect_refused("garbage\r\n\r\n", 400);
    expect_refused("GET /hello\r\n\r\n", 400);
    expect_refused("GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\nHost: a\n\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a\r\nX: 1\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost : a\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\n Host: a\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"sv, 400);
    expect_refused("GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    expect_refused("TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 501);
    expect_refused("CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501);
}

TEST_F(ServerAttackTest, RefusesDoubtfulHosts) {
    start();
    expect_refused("GET /hello HTTP/1.1\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
    expect_refused("GET /hello HTTP/1.1\r\nHost: user@a\r\n\r\n", 400);
}

TEST_F(ServerAttackTest, RefusesSmuggling) {
    start();
    constexpr std::string_view kPost = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    const std::vector<std::pair<std::string, int>> framings{
        {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
        {"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", 400},
        {"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", 400},
        {"Content-Length: 5, 5\r\n\r\nabcde", 400},
        {"Content-Length: +5\r\n\r\nabcde", 400},
        {"Content-Length: -5\r\n\r\nabcde", 400},
        {"Content-Length: 0x5\r\n\r\nabcde", 400},
        {"Content-Length:\r\n\r\n", 400},
        {"Content-Length: 99999999999999999999999\r\n\r\n", 400},
        {"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
        {"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
        {"Transfer-Encoding: \x0b"
         "chunked\r\n\r\n0\r\n\r\n",
         400},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n0\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'x'), 400},
    };
    for (const auto& [framing, status] : framings) expect_refused(std::string(kPost) + framing, status);
    expect_refused("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

TEST_F(ServerAttackTest, RefusesPathTricks) {
    start();
    for (const auto* target : {"/../etc/passwd", "/a/../../b", "/%2e%2e/b", "/a%00b", "/%ff", "/%c0%ae", "/a%zz",
                               "/a%2", "/a#b", "hello", "*", "/hello?q=%", "/hello?q=%ff"})
        expect_refused(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target), 400);
}

TEST_F(ServerAttackTest, RefusesWhatIsTooLarge) {
    options.limits.header_bytes_max = 4096;
    router->add(Method::post, "/small", {.body_bytes_max = 10}, echo_body);
    start();
    expect_refused("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
    expect_refused("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'a') + "\r\n\r\n", 431);
    std::string many = "GET /hello HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 101; ++i) many += fmt::format("X-{}: 1\r\n", i);
    expect_refused(many + "\r\n", 431);
    expect_refused("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413);
    expect_refused("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n", 413);
    expect_refused(
        "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n",
        413);
    EXPECT_EQ(exchange("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789").body, "0123456789");
}

TEST_F(ServerAttackTest, AnswersBeforeABodyThatItDoesNotWant) {
    router->add(Method::post, "/small", {.body_bytes_max = 10}, echo_body);
    start();
    for (const auto* path : {"/small", "/nowhere"}) {
        RawClient client(port());
        client.send(fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n", path));
        std::thread sender([&] { client.send(std::string(4'000'000, 'x')); });
        const auto answer = client.answer();  // it arrives, although the client is still sending
        sender.join();
        EXPECT_TRUE(answer.status == 413 || answer.status == 404) << answer.status;
        EXPECT_TRUE(answer.whole);
    }
}

TEST_F(ServerAttackTest, EndsSlowHeadersAndBodies) {
    options.limits.header_time_max = Milliseconds(150);
    options.limits.body_time_max = Milliseconds(150);
    start();
    for (const std::string_view slow : {"GET /hel", "GET /hello HTTP/1.1\r\nHost: a\r\n",
                                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
                                        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"})
        expect_refused(slow, 408);
    RawClient dripping(port());
    for (int i = 0; i < 200 && dripping.send("a"); ++i) std::this_thread::sleep_for(Milliseconds(10));
    EXPECT_EQ(dripping.answer().status, 408);
}

TEST_F(ServerAttackTest, ClosesIdleConnections) {
    options.limits.idle_time_max = Milliseconds(100);
    start();
    RawClient silent(port());
    EXPECT_TRUE(silent.closed_by_server());
    RawClient once(port());
    EXPECT_EQ(once.get("/hello").status, 200);
    EXPECT_TRUE(once.closed_by_server());
    EXPECT_TRUE(becomes_empty());
}

TEST_F(ServerAttackTest, TellsThoseAboveTheLimitOfConnections) {
    options.limits.connections_max = 2;
    start();
    RawClient first(port());
    EXPECT_EQ(first.get("/hello").status, 200);
    RawClient second(port());
    EXPECT_EQ(second.get("/hello").status, 200);
    RawClient third(port());
    const auto refused = third.get("/hello");
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(third.closed_by_server());
    first.close();
    for (int i = 0; i < 500 && server->connections() > 1; ++i) std::this_thread::sleep_for(Milliseconds(10));
    RawClient fourth(port());
    EXPECT_EQ(fourth.get("/hello").status, 200);
}

TEST_F(ServerAttackTest, SurvivesHangUpsAtEveryByte) {
    start();
    constexpr std::string_view kRequest =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    for (std::size_t end = 0; end <= kRequest.size(); ++end) {
        RawClient client(port());
        client.send(kRequest.substr(0, end));
        if (end % 2 == 0) client.reset();
    }
    EXPECT_TRUE(becomes_empty());
    EXPECT_EQ(exchange("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

TEST_F(ServerAttackTest, ManySlowBodiesHoldNoMoreThanTheLimit) {
    options.loops = 1;
    options.limits.held_bytes_max = 200 << 10;
    router->add_websocket("/ws", {}, [](Request&, WebSocket& socket) -> asio::awaitable<void> {
        const auto message = co_await socket.receive();
        EXPECT_FALSE(message);
    });
    start();
    const auto large = [](std::size_t size) {
        return fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", size);
    };
    const std::string most(150 << 10, 'x');
    RawClient slow(port());
    slow.send(large(most.size() + 1) + most);
    // The server has read it once an answer to what was sent later is there.
    for (int i = 0; i < 50; ++i) EXPECT_EQ(exchange(large(2) + "ab").body, "ab");
    RawClient refused(port());
    refused.send(large(most.size()) + most);
    const auto answer = refused.answer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(refused.closed_by_server());
    RawClient socket(port());
    socket.send(
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_EQ(socket.answer().status, 101);
    socket.send("\x82\xff\x00\x00\x00\x00\x00\x0f\x00\x00mask"sv);
    socket.send(most);
    EXPECT_TRUE(socket.receive_bytes(4));
    EXPECT_EQ(socket.input.substr(0, 1) + socket.input.substr(2, 2), "\x88\x03\xf5");  // close with 1013
    slow.send("y");
    EXPECT_EQ(slow.answer().body.size(), most.size() + 1);
    EXPECT_EQ(exchange(large(most.size()) + most).status, 200);  // room again
    const std::string larger(300 << 10, 'x');                    // more than all together may hold, but it is alone
    EXPECT_EQ(exchange(large(larger.size()) + larger).status, 200);
}

TEST_F(ServerAttackTest, ManySlowReadersHoldNoMoreThanTheLimit) {
    constexpr std::size_t kLarge = 12 << 20;  // more than the kernel takes
    options.limits.held_bytes_max = 20 << 20;
    router->add(Method::get, "/large", {}, [](Request&) -> asio::awaitable<Response> {
        co_return Response::text(200, std::string(kLarge, 'x'), "application/octet-stream");
    });
    start();
    RawClient slow(port());
    slow.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(slow.receive_until("\r\n\r\n"));
    EXPECT_EQ(exchange("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").status, 503);
    EXPECT_EQ(exchange("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    EXPECT_EQ(slow.answer().body.size(), kLarge);
    EXPECT_EQ(slow.get("/large").body.size(), kLarge);
}

TEST_F(ServerAttackTest, TakesRequestsByteByByte) {
    start();
    RawClient client(port());
    for (const char c : std::string_view("\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                                         "chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: 1\r\n\r\n"))
        client.send(std::string_view(&c, 1));
    EXPECT_EQ(client.answer().body, "abc");
}

}  // namespace
}  // namespace slipway::net::server_testing
