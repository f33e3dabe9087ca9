// TLS and proxies.
#include <gtest/gtest.h>

#include "net/client_peer.h"

namespace slipway::net::testing {
namespace {

Client trusting(const Certificate& certificate, Environment environment = {}) {
    ClientOptions options;
    options.certificate_authorities = certificate.certificate;
    options.environment = std::move(environment);
    return Client(options);
}

struct TlsServer {
    explicit TlsServer(const std::string& name, PeerServer::Serve serve)
        : certificate(name), context(certificate.context()), server([this, serve](Peer& peer) {
              if (peer.start_tls(context)) serve(peer);
          }) {}

    std::string url(std::string_view host = "localhost") const {
        return fmt::format("https://{}:{}/", host, server.port());
    }

    Certificate certificate;
    asio::ssl::context context;
    PeerServer server;
};

void echo(Peer& peer) {
    for (auto request = peer.request(); !request.empty(); request = peer.request()) peer.say(response(request));
}

std::string problem(const Result<Answer>& answer) { return answer ? "no error" : answer.error().message; }

TEST(ClientTls, SpeaksToATrustedServerAndKeepsTheConnection) {
    TlsServer server("localhost", echo);
    auto client = trusting(server.certificate);
    const auto all = [&]() -> Task<std::string> {
        SLIPWAY_CO_TRY(const auto first, co_await fetch(client, get(server.url())));
        SLIPWAY_CO_TRY(const auto second, co_await fetch(client, post(server.url(), std::string(200'000, 'x'))));
        co_return first.body.substr(0, 5) + second.body.substr(0, 5);
    };
    const auto text = run_to_end(all());
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_EQ(*text, "GET /POST ");
    EXPECT_EQ(server.server.connections(), 1);
}

TEST(ClientTls, ChecksAddressesToo) {
    TlsServer server("localhost", echo);
    auto client = trusting(server.certificate);
    const auto answer = run_to_end(fetch(client, get(server.url("127.0.0.1"))));
    EXPECT_TRUE(answer) << answer.error().message;
}

TEST(ClientTls, RefusesAnAuthorityThatIsNotTrusted) {
    TlsServer server("localhost", echo);
    Client client;
    const auto answer = run_to_end(fetch(client, get(server.url())));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_NE(problem(answer).find("not trusted"), std::string::npos) << problem(answer);
}

TEST(ClientTls, RefusesACertificateOfAnotherHost) {
    TlsServer server("elsewhere.example", echo);
    auto client = trusting(server.certificate);
    const auto answer = run_to_end(fetch(client, get(server.url())));
    ASSERT_FALSE(answer);
    EXPECT_NE(problem(answer).find("mismatch"), std::string::npos) << problem(answer);
}

TEST(ClientTls, SaysWhichFileOfAuthoritiesCannotBeRead) {
    ClientOptions options;
    options.certificate_authorities = "/no/such/file.pem";
    Client client(options);
    const auto answer = run_to_end(fetch(client, get("https://localhost/")));
    EXPECT_NE(problem(answer).find("/no/such/file.pem"), std::string::npos) << problem(answer);
}

TEST(ClientTls, DoesNotTakeATruncatedBodyForAWholeOne) {
    TlsServer server("localhost", [](Peer& peer) {
        peer.request();
        peer.say("HTTP/1.1 200 OK\r\n\r\nup to the end of the connection");
        peer.hang_up();
    });
    auto client = trusting(server.certificate);
    const auto answer = run_to_end(fetch(client, get(server.url())));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::upstream);
}

TEST(ClientProxies, AreAskedForTheWholeUrl) {
    PeerServer proxy(echo);
    ClientOptions options;
    options.environment.set("HTTP_PROXY", fmt::format("http://user:word@127.0.0.1:{}", proxy.port()));
    Client client(options);
    const auto answer = run_to_end(fetch(client, get("http://example.invalid/a?b")));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(answer->body.starts_with("GET http://example.invalid/a?b HTTP/1.1\r\nHost: example.invalid\r\n"));
    EXPECT_NE(answer->body.find("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"), std::string::npos);
}

TEST(ClientProxies, OpenTunnelsForTls) {
    const Certificate certificate("example.invalid");
    auto context = certificate.context();
    std::string asked;
    PeerServer proxy([&](Peer& peer) {
        asked = peer.request();
        peer.say("HTTP/1.1 200 Connection established\r\n\r\n");
        if (peer.start_tls(context)) echo(peer);
    });
    const auto address = fmt::format("http://user:word@127.0.0.1:{}", proxy.port());
    auto client = trusting(certificate, Environment({{"https_proxy", address}}));
    const auto answer = run_to_end(fetch(client, get("https://example.invalid/a")));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(asked.starts_with("CONNECT example.invalid:443 HTTP/1.1\r\nHost: example.invalid:443\r\n")) << asked;
    EXPECT_NE(asked.find("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"), std::string::npos);
    EXPECT_TRUE(answer->body.starts_with("GET /a HTTP/1.1\r\nHost: example.invalid\r\n"));
    EXPECT_EQ(answer->body.find("Proxy-Authorization"), std::string::npos);
}

TEST(ClientProxies, MayRefuse) {
    PeerServer proxy([](Peer& peer) {
        peer.request();
        peer.say(response("no", "", 407));
    });
    ClientOptions options;
    options.environment.set("HTTPS_PROXY", fmt::format("http://user:hunter2@127.0.0.1:{}", proxy.port()));
    Client client(options);
    const auto answer = run_to_end(fetch(client, get("https://example.invalid/")));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_NE(problem(answer).find("407"), std::string::npos);
    EXPECT_EQ(problem(answer).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace slipway::net::testing
