// Time-outs and cancellation.
#include <future>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

#include "net/client_peer.h"

namespace slipway::net::testing {
namespace {

Result<Answer> fetched(ClientRequest request) {
    Client client;
    return run_to_end(fetch(client, std::move(request)));
}

void expect_timeout(const Result<Answer>& answer, std::string_view phase) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_NE(answer.error().message.find("127.0.0.1"), std::string::npos) << answer.error().message;
    EXPECT_EQ(text_or(answer.error().details, "phase"), phase) << answer.error().message;
}

void stay_silent(Peer& peer) { peer.wait_for_end(); }

TEST(ClientTime, EndsWaitingForTheFirstByte) {
    PeerServer server(stay_silent);
    auto request = get(server.url());
    request.timeouts.first_byte = Milliseconds(50);
    expect_timeout(fetched(request), "first_byte");
}

TEST(ClientTime, EndsWaitingBetweenBytes) {
    PeerServer server([](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe");
        peer.wait_for_end();
    });
    auto request = get(server.url());
    request.timeouts.between_bytes = Milliseconds(50);
    expect_timeout(fetched(request), "body");
}

TEST(ClientTime, EndsAnAnswerThatDripsForever) {
    PeerServer server([](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
        while (peer.say("x")) std::this_thread::sleep_for(Milliseconds(5));
    });
    auto request = get(server.url());
    request.timeouts.total = Milliseconds(100);
    expect_timeout(fetched(request), "total");
}

TEST(ClientTime, EndsSendingToAServerThatDoesNotRead) {
    PeerServer server([](Peer&) { std::this_thread::sleep_for(Milliseconds(400)); });
    auto request = post(server.url(), std::string(30 << 20, 'x'));
    request.timeouts.between_bytes = Milliseconds(50);
    expect_timeout(fetched(request), "send");
}

TEST(ClientTime, EndsWaitingForATlsHandshake) {
    PeerServer server(stay_silent);
    auto request = get(fmt::format("https://127.0.0.1:{}/", server.port()));
    request.timeouts.connect = Milliseconds(50);
    expect_timeout(fetched(request), "connect");
}

TEST(ClientTime, EndsWaitingForAConnection) {
    // A full queue of a listener that never accepts: Linux drops further requests to connect.
    asio::io_context loop;
    asio::ip::tcp::acceptor acceptor(loop, asio::ip::tcp::v4());
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    acceptor.listen(0);
    std::vector<asio::ip::tcp::socket> fill;
    for (int i = 0; i < 4; ++i) {
        auto& socket = fill.emplace_back(loop, asio::ip::tcp::v4());
        socket.non_blocking(true);
        const auto endpoint = acceptor.local_endpoint();
        ::connect(socket.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
    }
    auto request = get(fmt::format("http://127.0.0.1:{}/", acceptor.local_endpoint().port()));
    request.timeouts.connect = Milliseconds(100);
    expect_timeout(fetched(request), "connect");
}

TEST(ClientTime, SaysThatNobodyListens) {
    asio::io_context loop;
    std::uint16_t port = 0;
    {
        const asio::ip::tcp::acceptor acceptor(loop, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        port = acceptor.local_endpoint().port();
    }
    expect_timeout(fetched(get(fmt::format("http://127.0.0.1:{}/", port))), "connect");
}

TEST(ClientTime, SaysThatAHostHasNoAddress) {
    auto request = get("http://no-such-host.invalid/");
    request.timeouts.connect = Milliseconds(3000);
    const auto answer = fetched(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_NE(answer.error().message.find("no-such-host.invalid"), std::string::npos);
}

TEST(ClientTime, FindsAnotherAddressWhenTheFirstDoesNotAnswer) {
    PeerServer server([](Peer& peer) {
        peer.request();
        peer.say(response("here"));
    });
    // "localhost" is ::1 and 127.0.0.1 on most machines; only the second has a listener.
    const auto answer = fetched(get(fmt::format("http://localhost:{}/", server.port())));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "here");
}

// Starts a request, waits until the server says so, cancels, and returns how many connections the server saw ending.
void expect_cancel_closes(const PeerServer::Serve& before_cancel, const std::string& scheme) {
    std::promise<void> reached;
    std::promise<void> ended;
    PeerServer server([&](Peer& peer) {
        before_cancel(peer);
        reached.set_value();
        peer.wait_for_end();
        ended.set_value();
    });
    Client client;
    asio::io_context loop(1);
    asio::cancellation_signal signal;
    bool failed = false;
    auto finished = [&](std::exception_ptr error, const Result<Answer>& answer) { failed = error || !answer; };
    asio::co_spawn(loop, fetch(client, get(fmt::format("{}://127.0.0.1:{}/", scheme, server.port()))),
                   asio::bind_cancellation_slot(signal.slot(), finished));
    std::thread canceller([&] {
        reached.get_future().wait();
        asio::post(loop, [&] { signal.emit(asio::cancellation_type::terminal); });
    });
    loop.run();
    canceller.join();
    EXPECT_TRUE(failed);
    ended.get_future().wait();  // hangs, and the test fails, when the connection stays
}

TEST(ClientTime, CancellationClosesTheConnectionBeforeTheAnswer) {
    expect_cancel_closes([](Peer& peer) { peer.request(); }, "http");
}

TEST(ClientTime, CancellationClosesTheConnectionInTheBody) {
    expect_cancel_closes(
        [](Peer& peer) {
            peer.request();
            peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
        },
        "http");
}

TEST(ClientTime, CancellationClosesTheConnectionInTheHandshake) {
    expect_cancel_closes([](Peer&) {}, "https");
}

TEST(ClientTime, EndOfTheLoopClosesWhatIsUnderWay) {
    std::promise<void> reached;
    std::promise<void> ended;
    PeerServer server([&](Peer& peer) {
        peer.request();
        reached.set_value();
        peer.wait_for_end();
        ended.set_value();
    });
    Client client;
    {
        asio::io_context loop(1);
        asio::co_spawn(loop, fetch(client, get(server.url())), asio::detached);
        asio::co_spawn(loop, fetch(client, get("http://no-such-host.invalid/")), asio::detached);
        auto reached_future = reached.get_future();
        while (reached_future.wait_for(Milliseconds(0)) != std::future_status::ready)
            loop.run_one_for(Milliseconds(10));
    }
    ended.get_future().wait();
}

}  // namespace
}  // namespace slipway::net::testing
