#include "net/client.h"

#include <future>

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "net/client_peer.h"

namespace slipway::net::testing {
namespace {

// Answers every request of a connection with its head and body.
void echo(Peer& peer) {
    for (auto request = peer.request(); !request.empty(); request = peer.request()) peer.say(response(request));
}

PeerServer::Serve answering(std::string bytes) {
    return [bytes = std::move(bytes)](Peer& peer) {
        if (!peer.request().empty()) peer.say(bytes);
    };
}

Result<Answer> fetched(ClientRequest request) {
    Client client;
    return run_to_end(fetch(client, std::move(request)));
}

TEST(Client, SendsARequestAndReadsItsAnswer) {
    PeerServer server(echo);
    auto request = post(server.url("/a/b?c=d"), "the body");
    request.headers.set("X-Mine", "yes");
    const auto answer = fetched(request);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_TRUE(answer->body.starts_with("POST /a/b?c=d HTTP/1.1\r\n"));
    EXPECT_NE(answer->body.find(fmt::format("Host: 127.0.0.1:{}\r\n", server.port())), std::string::npos);
    EXPECT_NE(answer->body.find("X-Mine: yes\r\n"), std::string::npos);
    EXPECT_NE(answer->body.find("Content-Length: 8\r\n"), std::string::npos);
    EXPECT_TRUE(answer->body.ends_with("\r\n\r\nthe body"));
}

TEST(Client, SendsABodyThatIsLargerThanOneWrite) {
    PeerServer server(echo);
    const std::string body(3 << 20, 'x');
    const auto answer = fetched(post(server.url(), body));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(answer->body.ends_with(body));
}

TEST(Client, ReadsBodiesOfEveryFraming) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    for (const std::string& framed : std::vector<std::string>{
             head + "Content-Length: 5\r\n\r\nhello",
             head + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: 1\r\n\r\n",
             head + "\r\nhello", "HTTP/1.0 200 OK\r\n\r\nhello"}) {
        PeerServer server(answering(framed));
        const auto answer = fetched(get(server.url()));
        ASSERT_TRUE(answer) << framed << answer.error().message;
        EXPECT_EQ(answer->body, "hello") << framed;
    }
}

TEST(Client, ReadsAnswersThatHaveNoBody) {
    PeerServer server([](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
        peer.request();
        peer.say("HTTP/1.1 204 No Content\r\n\r\n");
        peer.request();
        peer.say("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
        peer.wait_for_end();
    });
    Client client;
    const auto all = [&]() -> Task<std::string> {
        auto request = get(server.url());
        request.method = Method::head;
        SLIPWAY_CO_TRY(const auto head, co_await fetch(client, std::move(request)));
        SLIPWAY_CO_TRY(const auto empty, co_await fetch(client, get(server.url())));
        SLIPWAY_CO_TRY(const auto same, co_await fetch(client, get(server.url())));
        co_return fmt::format("{}{}{}", head.status, empty.status, same.status) + head.body + empty.body + same.body;
    };
    EXPECT_EQ(run_to_end(all()).value_or("failed"), "200204304");
    EXPECT_EQ(server.connections(), 1);
}

TEST(Client, ReadsOverInterimAnswers) {
    PeerServer server(
        answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + response("final")));
    const auto answer = fetched(get(server.url()));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "final");
    EXPECT_FALSE(answer->headers.has("Link"));
}

TEST(Client, RefusesEndlessInterimAnswers) {
    PeerServer server([](Peer& peer) {
        peer.request();
        for (int i = 0; i < 1000; ++i) peer.say("HTTP/1.1 100 Continue\r\n\r\n");
        peer.wait_for_end();
    });
    EXPECT_EQ(fetched(get(server.url())).error().code, ErrorCode::upstream);
}

TEST(Client, HandsOutPiecesAsTheyArrive) {
    std::promise<void> first_was_read;
    PeerServer server([&](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
        first_was_read.get_future().wait();
        peer.say("3\r\ntwo\r\n0\r\n\r\n");
    });
    Client client;
    const auto all = [&]() -> Task<std::string> {
        SLIPWAY_CO_TRY(auto reply, co_await client.send(get(server.url())));
        SLIPWAY_CO_TRY(const auto first, co_await reply->read_some());
        first_was_read.set_value();
        SLIPWAY_CO_TRY(const auto second, co_await reply->read_some());
        SLIPWAY_CO_TRY(const auto end, co_await reply->read_some());
        co_return first.value_or("-") + second.value_or("-") + (end ? "more" : "");
    };
    EXPECT_EQ(run_to_end(all()).value_or("failed"), "onetwo");
}

TEST(Client, ReportsABodyThatIsCutOff) {
    for (const std::string cut : {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        PeerServer server(answering(cut));
        Client client;
        const auto all = [&]() -> Task<std::string> {
            SLIPWAY_CO_TRY(auto reply, co_await client.send(get(server.url())));
            SLIPWAY_CO_TRY(const auto first, co_await reply->read_some());
            auto second = co_await reply->read_some();
            auto third = co_await reply->read_some();  // says the same again
            if (second || third || third.error().message != second.error().message) co_return "no error";
            co_return first.value_or("-") + " " + std::string(to_string(second.error().code));
        };
        EXPECT_EQ(run_to_end(all()).value_or("failed"), "hello upstream") << cut;
    }
}

TEST(Client, ReportsWhatIsNotHttp) {
    for (const std::string nonsense :
         {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "", "HTTP/1.1 2"}) {
        PeerServer server(answering(nonsense));
        const auto answer = fetched(get(server.url()));
        ASSERT_FALSE(answer) << nonsense;
        EXPECT_EQ(answer.error().code, ErrorCode::upstream) << nonsense;
        EXPECT_NE(answer.error().message.find("127.0.0.1"), std::string::npos);
    }
}

TEST(Client, BoundsHeaderAndBody) {
    const std::string many = [] {
        std::string fields;
        for (int i = 0; i < 5000; ++i) fields += fmt::format("X-{}: 1\r\n", i);
        return fields;
    }();
    for (const std::string& large : std::vector<std::string>{
             "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + many + "\r\n",
             response(std::string(2000, 'x')), "HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'),
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') +
                 "\r\n0\r\n\r\n"}) {
        PeerServer server(answering(large));
        auto request = get(server.url());
        request.response_bytes_max = 1000;
        const auto answer = fetched(request);
        ASSERT_FALSE(answer) << large.substr(0, 60);
        EXPECT_EQ(answer.error().code, ErrorCode::upstream);
        EXPECT_NE(answer.error().message.find("more than"), std::string::npos) << answer.error().message;
    }
}

TEST(Client, ReadsTheAnswerOfAServerThatDoesNotWantTheBody) {
    PeerServer server([](Peer& peer) {
        peer.say(response("too large", "Connection: close\r\n", 413));
        peer.wait_for_end();
    });
    const auto answer = fetched(post(server.url(), std::string(300'000, 'x')));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 413);
}

TEST(Client, RefusesHeadersThatWouldBreakOut) {
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"X", "a\r\nEvil: 1"}, {"X\r\nEvil", "1"}, {"", "1"}, {"X", std::string("a\0b", 3)}, {"X Y", "1"}}) {
        auto request = get("http://127.0.0.1:1/");
        request.headers.add(name, value);
        EXPECT_EQ(fetched(request).error().code, ErrorCode::invalid) << name;
    }
}

TEST(Client, SpeaksToAUnixSocket) {
    const auto folder = std::filesystem::temp_directory_path() / ("slipway-" + random_token(8));
    std::filesystem::create_directories(folder);
    {
        PeerServer server(echo, folder / "socket");
        auto request = get("http://localhost/status");
        request.unix_socket = folder / "socket";
        const auto answer = fetched(request);
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_TRUE(answer->body.starts_with("GET /status HTTP/1.1\r\nHost: localhost\r\n"));
    }
    auto request = get("http://localhost/status");
    request.unix_socket = folder / "no-socket";
    const auto answer = fetched(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace slipway::net::testing
