// Cross-origin requests by the server's options.
#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

constexpr std::string_view kOrigin = "Origin: https://app.example\r\n";
constexpr std::string_view kPreflight =
    "OPTIONS /hello HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: GET\r\n"
    "Access-Control-Request-Headers: authorization, content-type\r\n\r\n";

using ServerCorsTest = ServerTest;

TEST_F(ServerCorsTest, SaysNothingWithoutOptions) {
    start();
    RawClient client(port());
    EXPECT_FALSE(client.get("/hello", kOrigin).headers.has("Access-Control-Allow-Origin"));
    client.send(kPreflight);
    const auto preflight = client.answer();
    EXPECT_EQ(preflight.status, 204);
    EXPECT_FALSE(preflight.headers.has("Access-Control-Allow-Methods"));
}

TEST_F(ServerCorsTest, AdmitsListedOriginsWithCredentials) {
    options.cors = {.origins = {"https://other.example", "https://app.example"}, .credentials = true};
    start();
    RawClient client(port());
    for (const auto* path : {"/hello", "/nowhere"}) {
        const auto answer = client.get(path, kOrigin);
        EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "https://app.example");
        EXPECT_EQ(answer.headers.get("Access-Control-Allow-Credentials"), "true");
        EXPECT_EQ(answer.headers.get("Access-Control-Expose-Headers"), "X-Request-Id");
        EXPECT_EQ(answer.headers.get("Vary"), "Origin");
    }
    client.send(kPreflight);
    const auto preflight = client.answer();
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Origin"), "https://app.example");
    EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Headers"), "authorization, content-type");
    EXPECT_TRUE(preflight.headers.has("Access-Control-Max-Age"));
    const auto stranger = client.get("/hello", "Origin: https://evil.example\r\n");
    EXPECT_EQ(stranger.status, 200);
    EXPECT_FALSE(stranger.headers.has("Access-Control-Allow-Origin"));
    EXPECT_EQ(stranger.headers.get("Vary"), "Origin");
}

TEST_F(ServerCorsTest, TellsTheMethodsAndHeadersThatAreDeclared) {
    options.cors = {.origins = {"https://app.example"},
                    .methods = {"GET", "DELETE"},
                    .headers = {"Authorization", "X-Client-Version"},
                    .exposed = {"X-Request-Id", "X-RateLimit-Remaining"},
                    .max_age = std::chrono::seconds(7200)};
    start();
    RawClient client(port());
    client.send(kPreflight);
    const auto preflight = client.answer();
    EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Methods"), "GET") << "of those that the path has";
    EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Headers"), "Authorization, X-Client-Version");
    EXPECT_EQ(preflight.headers.get("Access-Control-Max-Age"), "7200");
    EXPECT_EQ(client.get("/hello", kOrigin).headers.get("Access-Control-Expose-Headers"),
              "X-Request-Id, X-RateLimit-Remaining");
}

TEST_F(ServerCorsTest, AnyOriginNeverHasCredentials) {
    options.cors = {.origins = {"*"}, .credentials = true};
    start();
    RawClient client(port());
    const auto answer = client.get("/hello", kOrigin);
    EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "*");
    EXPECT_FALSE(answer.headers.has("Access-Control-Allow-Credentials"));
    EXPECT_FALSE(answer.headers.has("Vary"));
}

}  // namespace
}  // namespace slipway::net::server_testing
