// Connections from inside the process, of a server that nobody else can reach.
#include <array>

#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

asio::awaitable<Response> say_who(Request& request) {
    co_return Response::text(200, fmt::format("{}|{}", request.remote_address, request.private_socket));
}

std::string answer_to(int descriptor, std::string_view request) {
    EXPECT_EQ(::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = ::recv(descriptor, part.data(), part.size(), 0)) > 0;)
        answer.append(part.data(), static_cast<std::size_t>(count));
    ::close(descriptor);
    return answer;
}

class ServerInsideTest : public ServerTest {
 protected:
    ServerInsideTest() {
        router->add(Method::get, "/who", {}, say_who);
        options.listens = false;
    }
};

TEST_F(ServerInsideTest, TheClientIsNobodyAndNoOperator) {
    start();
    EXPECT_EQ(port(), 0) << "it listens nowhere";
    const auto answer =
        answer_to(server->connect().value(), "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n|false")) << answer;
}

TEST_F(ServerInsideTest, TheClientIsWhoATrustedProxySaw) {
    options.proxies.count = 1;
    start();
    const auto answer = answer_to(server->connect().value(),
                                  "GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 127.0.0.1, 203.0.113.9\r\n"
                                  "Connection: close\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("\r\n\r\n203.0.113.9|false")) << answer;
}

TEST_F(ServerInsideTest, AServerThatHasStoppedTakesNone) {
    start();
    server->stop();
    const auto refused = server->connect();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace slipway::net::server_testing
