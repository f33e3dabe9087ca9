// Who may open a WebSocket: the Origin that browsers send with the handshake.
#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

constexpr std::string_view kHandshake =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";

asio::awaitable<void> say_nothing(Request&, WebSocket&) { co_return; }

class ServerOriginTest : public ServerTest {
 protected:
    ServerOriginTest() { router->add_websocket("/ws", {}, say_nothing); }
};

// What a handshake from a page of this origin is answered with; empty: not from a browser.
int status_for(std::uint16_t port, std::string_view origin, std::string_view host = "app.example:8000") {
    RawClient client(port);
    client.send(fmt::format("GET /ws HTTP/1.1\r\nHost: {}\r\n{}{}\r\n", host, kHandshake,
                            origin.empty() ? "" : fmt::format("Origin: {}\r\n", origin)));
    return client.answer().status;
}

TEST_F(ServerOriginTest, PagesOfOtherSitesOpenNoSocket) {
    options.cors.origins = {"https://friend.example", "http://localhost:3000"};
    start();
    for (const auto* origin : {"", "http://app.example:8000", "https://app.example:8000", "http://APP.example:8000",
                               "https://friend.example", "http://localhost:3000"})
        EXPECT_EQ(status_for(port(), origin), 101) << origin;
    for (const auto* origin :
         {"https://evil.example", "http://app.example", "http://app.example:8001",
          "http://app.example:8000.evil.example", "http://evil.example/app.example:8000",
          "https://friend.example.evil.example", "http://friend.example", "null", "app.example:8000", "file://",
          "http://", "https://friend.example\r\nOrigin: https://evil.example"})
        EXPECT_EQ(status_for(port(), origin), 403) << origin;
    EXPECT_EQ(status_for(port(), "https://app.example", "app.example"), 101) << "TLS ended at a proxy";
    EXPECT_EQ(status_for(port(), "https://app.example", "app.example:443"), 101);
    EXPECT_EQ(status_for(port(), "http://app.example:80", "app.example"), 101);
    EXPECT_EQ(status_for(port(), "https://app.example", "app.example:80"), 403);
}

TEST_F(ServerOriginTest, AnyOriginWhereTheServerAdmitsAny) {
    options.cors.origins = {"*"};
    start();
    EXPECT_EQ(status_for(port(), "https://anybody.example"), 101);
}

TEST_F(ServerOriginTest, BehindTlsAPlainPageIsAnotherSite) {
    options.proxies.count = 1;
    start();
    const std::string_view secure = "https://app.example\r\nX-Forwarded-Proto: https";
    EXPECT_EQ(status_for(port(), secure, "app.example"), 101);
    const std::string_view plain = "http://app.example\r\nX-Forwarded-Proto: https";
    EXPECT_EQ(status_for(port(), plain, "app.example"), 403);
}

TEST_F(ServerOriginTest, ARefusedPageIsToldWhyAndLoggedOnce) {
    log::set_level(log::Level::warning);
    start();
    ::testing::internal::CaptureStderr();
    RawClient client(port());
    const auto refused = client.get("/ws", fmt::format("{}Origin: https://evil.example\r\n", kHandshake));
    const auto lines = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("cors.origins"), std::string::npos) << refused.body;
    EXPECT_NE(lines.find("https://evil.example"), std::string::npos) << lines;
    EXPECT_EQ(std::ranges::count(lines, '\n'), 1) << lines;
}

}  // namespace
}  // namespace slipway::net::server_testing
