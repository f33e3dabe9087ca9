// Which connection a request takes, and what happens to it afterwards.
#include <future>

#include <gtest/gtest.h>

#include "net/client_peer.h"

namespace slipway::net::testing {
namespace {

void number(Peer& peer) {
    while (!peer.request().empty()) peer.say(response(std::to_string(peer.number)));
}

// The bodies of these requests, one after another on one loop; "(code)" for an error.
std::string bodies(Client& client, std::vector<ClientRequest> requests) {
    const auto all = [&]() -> asio::awaitable<std::string> {
        std::string text;
        for (auto& request : requests) {
            const auto answer = co_await fetch(client, request);
            text += answer ? answer->body : fmt::format("({})", to_string(answer.error().code));
        }
        co_return text;
    };
    return run_to_end(all());
}

TEST(ClientConnections, AreKeptForTheNextRequest) {
    PeerServer server(number);
    Client client;
    EXPECT_EQ(bodies(client, {get(server.url()), post(server.url(), "x"), get(server.url("/other"))}), "111");
}

TEST(ClientConnections, StayOnTheLoopThatMadeThem) {
    PeerServer server(number);
    Client client;
    EXPECT_EQ(bodies(client, {get(server.url()), get(server.url())}), "11");
    EXPECT_EQ(bodies(client, {get(server.url())}), "2");
}

TEST(ClientConnections, AreNotSharedBetweenClients) {
    PeerServer server(number);
    Client one;
    Client other;
    const auto all = [&]() -> asio::awaitable<std::string> {
        const auto first = co_await fetch(one, get(server.url()));
        const auto second = co_await fetch(other, get(server.url()));
        co_return first.value_or(Answer()).body + second.value_or(Answer()).body;
    };
    EXPECT_EQ(run_to_end(all()), "12");
}

TEST(ClientConnections, AreNotKeptWhenOneSideSaysClose) {
    PeerServer server([](Peer& peer) {
        peer.request();
        peer.say(response(std::to_string(peer.number), "Connection: close\r\n"));
        peer.wait_for_end();
    });
    Client client;
    EXPECT_EQ(bodies(client, {get(server.url()), get(server.url())}), "12");
    PeerServer willing(number);
    auto closing = get(willing.url());
    closing.headers.set("Connection", "close");
    EXPECT_EQ(bodies(client, {closing, get(willing.url())}), "12");
}

TEST(ClientConnections, AreNotKeptWhenMoreCameThanTheAnswer) {
    PeerServer server([](Peer& peer) {
        while (!peer.request().empty())
            peer.say(response(std::to_string(peer.number)) + "HTTP/1.1 200 OK\r\n\r\nsmuggled");
    });
    Client client;
    EXPECT_EQ(bodies(client, {get(server.url()), get(server.url())}), "12");
}

TEST(ClientConnections, AreNotKeptLongerThanTheirTime) {
    PeerServer server(number);
    ClientOptions options;
    options.idle_time_max = Milliseconds(0);
    Client client(options);
    EXPECT_EQ(bodies(client, {get(server.url()), get(server.url())}), "12");
}

TEST(ClientConnections, AreBoundedPerHost) {
    PeerServer server(number);
    ClientOptions options;
    options.idle_connections_per_host_max = 0;
    Client client(options);
    EXPECT_EQ(bodies(client, {get(server.url()), get(server.url())}), "12");
}

TEST(ClientConnections, ThatThePeerHasClosedAreNotUsed) {
    std::promise<void> closed;
    PeerServer server([&](Peer& peer) {
        peer.request();
        peer.say(response(std::to_string(peer.number)));
        peer.hang_up();
        if (peer.number == 1) closed.set_value();
    });
    Client client;
    const auto all = [&]() -> asio::awaitable<std::string> {
        const auto first = co_await fetch(client, post(server.url(), "x"));
        closed.get_future().wait();
        const auto second = co_await fetch(client, post(server.url(), "x"));
        co_return first.value_or(Answer()).body + second.value_or(Answer()).body;
    };
    EXPECT_EQ(run_to_end(all()), "12");
}

// Answers once on each connection; the first connection breaks at its second request.
void break_at_the_second_request(Peer& peer) {
    peer.request();
    peer.say(response(std::to_string(peer.number)));
    if (peer.number == 1) {
        peer.request();
        return;
    }
    number(peer);
}

TEST(ClientConnections, ThatDieAreReplacedOnceForASafeRequest) {
    PeerServer server(break_at_the_second_request);
    Client client;
    EXPECT_EQ(bodies(client, {get(server.url()), get(server.url()), get(server.url())}), "122");
}

TEST(ClientConnections, ThatDieAreNotReplacedForARequestThatMayHaveHadAnEffect) {
    PeerServer server(break_at_the_second_request);
    Client client;
    EXPECT_EQ(bodies(client, {get(server.url()), post(server.url(), "x"), get(server.url())}), "1(upstream)2");
}

TEST(ClientConnections, ThatDieAreReplacedOnlyOnce) {
    PeerServer server([](Peer& peer) {
        peer.request();
        if (peer.number == 1) {
            peer.say(response("1"));
            peer.request();
        }
    });
    Client client;
    EXPECT_EQ(bodies(client, {get(server.url()), get(server.url())}), "1(upstream)");
    EXPECT_EQ(server.connections(), 2);
}

TEST(ClientConnections, OfAHalfReadAnswerAreClosed) {
    std::promise<void> ended;
    PeerServer server([&](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin");
        peer.wait_for_end();
        ended.set_value();
    });
    Client client;
    const auto drop = [&]() -> Task<int> {
        SLIPWAY_CO_TRY(auto reply, co_await client.send(get(server.url())));
        SLIPWAY_CO_TRY(const auto piece, co_await reply->read_some());
        reply.reset();
        ended.get_future().wait();  // hangs, and the test fails, when the connection stays
        co_return piece ? 1 : 0;
    };
    EXPECT_EQ(run_to_end(drop()).value_or(-1), 1);
}

TEST(ClientConnections, ServeManyLoopsAtTheSameTime) {
    PeerServer server(number);
    Client client;
    constexpr int kLoops = 4;
    constexpr int kRequests = 40;
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kLoops; ++i) {
        threads.emplace_back([&] {
            asio::io_context loop(1);
            for (int j = 0; j < kRequests; ++j) {
                asio::co_spawn(loop, fetch(client, post(server.url(), "x")),
                               [&](std::exception_ptr error, Result<Answer> answer) {
                                   if (!error && answer && answer->status == 200) ++answered;
                               });
            }
            loop.run();
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(answered, kLoops * kRequests);
}

}  // namespace
}  // namespace slipway::net::testing
