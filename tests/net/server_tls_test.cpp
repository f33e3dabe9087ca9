// TLS on the server, with Slipway's own client and with OpenSSL directly.
#include <fstream>

#include <openssl/ssl.h>

#include "client_peer.h"
#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

asio::awaitable<Response> tell_security(Request& request) {
    co_return Response::text(200, request.secure ? "secure" : "plain");
}

asio::awaitable<void> large_body(BodyWriter& writer) {
    for (int i = 0; i < 20; ++i) {
        const auto written = co_await writer.write(std::string(100'000, static_cast<char>('a' + i)));
        if (!written) co_return;
    }
}
asio::awaitable<Response> stream_large(Request&) {
    Response response;
    response.body = StreamBody(large_body);
    co_return response;
}

asio::awaitable<Response> wait_long(Request&, Event& started, Event& ended) {
    const AtEnd end{ended};
    started.say();
    co_await sleep_for(std::chrono::minutes(10));
    co_return Response::empty();
}

class ServerTlsTest : public ServerTest {
 protected:
    ServerTlsTest() {
        options.tls = TlsFiles{certificate.certificate, certificate.key};
        router->add(Method::get, "/secure", {}, tell_security);
        router->add(Method::get, "/large", {}, stream_large);
        router->add(Method::get, "/wait", {}, [this](Request& request) { return wait_long(request, started, ended); });
    }
    Task<std::string> fetch(std::string path, std::string body = "") {
        ClientRequest request;
        request.method = body.empty() ? Method::get : Method::post;
        request.url = fmt::format("https://localhost:{}{}", port(), path);
        request.body = std::move(body);
        SLIPWAY_CO_TRY(const auto response, co_await client().send(std::move(request)));
        co_return co_await response->read_all();
    }
    Client& client() {
        if (!client_) {
            ClientOptions trusting;
            trusting.certificate_authorities = certificate.certificate;
            client_ = std::make_unique<Client>(trusting);
        }
        return *client_;
    }

    testing::Certificate certificate{"localhost"};
    Event started, ended;
    std::unique_ptr<Client> client_;
};

TEST_F(ServerTlsTest, ServesRequestsBodiesAndStreams) {
    start();
    const auto secure = run_to_end(fetch("/secure"));
    ASSERT_TRUE(secure) << secure.error().message;
    EXPECT_EQ(*secure, "secure");
    const std::string large(500'000, 'x');
    EXPECT_EQ(run_to_end(fetch("/echo", large)).value_or("failed"), large);
    const auto streamed = run_to_end(fetch("/large"));
    ASSERT_TRUE(streamed) << streamed.error().message;
    EXPECT_EQ(streamed->size(), 2'000'000U);
    client_.reset();
    EXPECT_TRUE(becomes_empty());
}

// A TLS connection made by hand.
struct TlsClient {
    TlsClient(std::uint16_t port, int version_max) : socket(port), context(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_max_proto_version(context, version_max);
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        ssl = SSL_new(context);
        SSL_set_fd(ssl, socket.native());
    }
    ~TlsClient() {
        SSL_free(ssl);
        SSL_CTX_free(context);
    }
    bool connect() { return SSL_connect(ssl) == 1; }
    std::string ask(std::string_view request) {
        SSL_write(ssl, request.data(), static_cast<int>(request.size()));
        std::array<char, 4096> piece{};
        const int count = SSL_read(ssl, piece.data(), piece.size());
        return {piece.data(), static_cast<std::size_t>(std::max(count, 0))};
    }
    RawClient socket;
    SSL_CTX* context;
    SSL* ssl = nullptr;
};

TEST_F(ServerTlsTest, SpeaksVersions12And13Only) {
    start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient client(port(), version);
        ASSERT_TRUE(client.connect());
        EXPECT_TRUE(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        .starts_with("HTTP/1.1 200 OK\r\n"));
        char byte = 0;
        while (SSL_read(client.ssl, &byte, 1) > 0) {
        }
        EXPECT_EQ(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);  // a goodbye, not a cut
    }
    TlsClient old(port(), TLS1_1_VERSION);
    EXPECT_FALSE(old.connect());
    RawClient plain(port());
    plain.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(plain.closed_by_server());
}

TEST_F(ServerTlsTest, AHangUpCancelsTheHandler) {
    start();
    {
        TlsClient client(port(), TLS1_3_VERSION);
        ASSERT_TRUE(client.connect());
        const std::string_view request = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";
        SSL_write(client.ssl, request.data(), static_cast<int>(request.size()));
        ASSERT_TRUE(started.happens());
        SSL_shutdown(client.ssl);
    }
    EXPECT_TRUE(ended.happens());
    EXPECT_TRUE(becomes_empty());
}

TEST_F(ServerTlsTest, EndsAHandshakeThatDoesNotCome) {
    options.limits.header_time_max = Milliseconds(100);
    start();
    RawClient silent(port());
    EXPECT_TRUE(silent.closed_by_server());
    EXPECT_TRUE(becomes_empty());
}

TEST_F(ServerTlsTest, ThePrivateSocketIsPlain) {
    options.private_socket = temporary("tls.sock");
    start();
    RawClient client(*options.private_socket);
    EXPECT_EQ(client.get("/secure").body, "plain");
}

TEST_F(ServerTlsTest, NamesTheFileThatCannotBeUsed) {
    const auto problem = [&](TlsFiles files) {
        options.tls = std::move(files);
        const auto started_at_all = Server(options, router, render).start();
        EXPECT_FALSE(started_at_all);
        EXPECT_EQ(started_at_all.error().code, ErrorCode::invalid);
        return started_at_all ? std::string() : started_at_all.error().message;
    };
    EXPECT_NE(problem({"/no/such/chain.pem", certificate.key}).find("/no/such/chain.pem"), std::string::npos);
    EXPECT_NE(problem({certificate.certificate, "/no/such/key.pem"}).find("/no/such/key.pem"), std::string::npos);
    const testing::Certificate other{"other"};
    EXPECT_NE(problem({certificate.certificate, other.key}).find("mismatch"), std::string::npos);
    const auto garbage = temporary("garbage.pem");
    std::ofstream(garbage) << "not a certificate";
    EXPECT_NE(problem({garbage, certificate.key}).find("garbage.pem"), std::string::npos);
}

}  // namespace
}  // namespace slipway::net::server_testing
