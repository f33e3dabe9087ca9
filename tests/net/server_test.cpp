// The server with ordinary requests.
#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
    start();
    RawClient client(port());
    for (int i = 0; i < 3; ++i) {
        const auto answer = client.get("/hello");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "hello /hello");
        EXPECT_EQ(answer.headers.get("Content-Length"), "12");
        EXPECT_EQ(answer.headers.get("Content-Type"), "text/plain; charset=utf-8");
        EXPECT_EQ(answer.headers.get("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(answer.headers.get("Server"), "slipway");
        EXPECT_TRUE(answer.headers.get("Date").ends_with(" GMT"));
        EXPECT_FALSE(answer.headers.has("Connection"));
    }
    EXPECT_EQ(server->connections(), 1U);
    client.close();
    EXPECT_TRUE(becomes_empty());
}

TEST_F(ServerTest, AConnectionThatHasRestedIsServedLikeAnyOther) {
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/hello").status, 200);
    const std::string large = "X-Large: " + std::string(5000, 'x') + "\r\n";
    for (const auto* more : {"", large.c_str()}) {
        std::this_thread::sleep_for(Milliseconds(1'500));  // it gives up its buffer meanwhile
        const auto answer = client.get("/hello", more);
        EXPECT_EQ(answer.status, 200);
        EXPECT_TRUE(answer.whole);
    }
    EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
    router->add(Method::get, "/n/{n}", {}, [](Request& request) { return say_hello(request); });
    start();
    RawClient client(port());
    std::string requests;
    for (int i = 0; i < 200; ++i) requests += fmt::format("GET /n/{} HTTP/1.1\r\nHost: a\r\n\r\n", i);
    client.send(requests);
    for (int i = 0; i < 200; ++i) EXPECT_EQ(client.answer().body, fmt::format("hello /n/{}", i));
}

TEST_F(ServerTest, HeadHasTheHeadersOfGetAndNoBody) {
    start();
    RawClient client(port());
    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto answer = client.answer(true);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.get("Content-Length"), "12");
    EXPECT_EQ(client.get("/hello").body, "hello /hello");
}

TEST_F(ServerTest, OptionsTellsTheMethods) {
    start();
    EXPECT_EQ(exchange("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n").headers.get("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204);
    EXPECT_EQ(exchange("OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
}

TEST_F(ServerTest, UnknownPathsAndMethodsAreToldApart) {
    start();
    const auto missing = exchange("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(missing.status, 404);
    EXPECT_NE(missing.body.find("not_found"), std::string::npos);
    const auto wrong = exchange("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.get("Allow"), "POST, OPTIONS");
}

TEST_F(ServerTest, ReadsBodiesByLengthAndByChunks) {
    start();
    RawClient client(port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    client.send("cde");
    EXPECT_EQ(client.answer().body, "abcde");
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r");
    client.send("\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
    EXPECT_EQ(client.answer().body, "abcde");
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(client.answer().body, "");
    const std::string large(900'000, 'x');
    client.send(fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", large.size()) + large);
    EXPECT_EQ(client.answer().body, large);
}

TEST_F(ServerTest, SaysContinueWhenAsked) {
    start();
    RawClient client(port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.answer().status, 100);
    client.send("ok");
    EXPECT_EQ(client.answer().body, "ok");
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.answer().status, 417);
}

TEST_F(ServerTest, SpeaksHttp10) {
    start();
    RawClient closing(port());
    closing.send("GET /hello HTTP/1.0\r\n\r\n");
    EXPECT_EQ(closing.answer().headers.get("Connection"), "close");
    EXPECT_TRUE(closing.closed_by_server());
    RawClient keeping(port());
    keeping.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(keeping.answer().headers.get("Connection"), "keep-alive");
    EXPECT_EQ(keeping.get("/hello").status, 200);
}

TEST_F(ServerTest, ClosesWhenTheClientAsksForIt) {
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/hello", "Connection: close\r\n").headers.get("Connection"), "close");
    EXPECT_TRUE(client.closed_by_server());
}

asio::awaitable<Response> show_request(Request& request) {
    json::object shown{{"path", request.path},
                       {"host", request.headers.get("Host")},
                       {"route", request.route},
                       {"q", request.query_value("q", "none")},
                       {"id", request.parameter("rest")},
                       {"remote", request.remote_address},
                       {"secure", request.secure},
                       {"private", request.private_socket},
                       {"request_id", request.request_id}};
    co_return Response::of_json(200, shown);
}

TEST_F(ServerTest, NormalisesPathsAndDecodesQueries) {
    router->add(Method::get, "/show/{rest:rest}", {}, show_request);
    start();
    RawClient client(port());
    const auto shown = [&](std::string_view target) {
        client.send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target));
        const auto answer = client.answer();
        return answer.status == 200 ? json::parse(answer.body) : json::value(answer.status);
    };
    EXPECT_EQ(shown("/show/a%20b?q=1%2B1+x").at("path").as_string(), "/show/a b");
    EXPECT_EQ(shown("/show/a?q=1%2B1+x").at("q").as_string(), "1+1 x");
    EXPECT_EQ(shown("/x/../show/./b").at("path").as_string(), "/show/b");
    EXPECT_EQ(shown("/x/%2e%2e/show/%2E/b/").at("path").as_string(), "/show/b/");
    EXPECT_EQ(shown("/show/%e4%bd%a0").at("path").as_string(), "/show/\xE4\xBD\xA0");
    EXPECT_EQ(shown("http://other.example:81/show/b?q=2").at("host").as_string(), "other.example:81");
}

TEST_F(ServerTest, TakesSaneRequestIdsAndMakesOthers) {
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/hello", "X-Request-Id: abc-1_2.X\r\n").headers.get("X-Request-Id"), "abc-1_2.X");
    const std::string first(client.get("/hello", "X-Request-Id: bad id\r\n").headers.get("X-Request-Id"));
    const std::string second(
        client.get("/hello", fmt::format("X-Request-Id: {}\r\n", std::string(65, 'a'))).headers.get("X-Request-Id"));
    EXPECT_EQ(first.size(), 16U);
    EXPECT_EQ(second.size(), 16U);
    EXPECT_NE(first, second);
}

TEST_F(ServerTest, BelievesOnlyTheTrustedProxies) {
    options.proxies.count = 2;
    router->add(Method::get, "/show/{rest:rest}", {}, show_request);
    start();
    RawClient client(port());
    auto shown = json::parse(
        client.get("/show/a", "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.1\r\nX-Forwarded-Proto: https\r\n").body);
    EXPECT_EQ(shown.at("remote").as_string(), "1.2.3.4");
    EXPECT_TRUE(shown.at("secure").as_bool());
    shown = json::parse(client.get("/show/a", "X-Forwarded-For: not-an-address, 10.0.0.1\r\n").body);
    EXPECT_EQ(shown.at("remote").as_string(), "127.0.0.1");
}

TEST_F(ServerTest, IgnoresForwardedHeadersWithoutProxies) {
    router->add(Method::get, "/show/{rest:rest}", {}, show_request);
    start();
    RawClient client(port());
    const auto shown =
        json::parse(client.get("/show/a", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n").body);
    EXPECT_EQ(shown.at("remote").as_string(), "127.0.0.1");
    EXPECT_FALSE(shown.at("secure").as_bool());
}

asio::awaitable<Response> throw_up(Request&) {
    throw std::runtime_error("secret detail");
    co_return Response::empty();
}

TEST_F(ServerTest, AnswersExceptionsWith500AndGoesOn) {
    router->add(Method::get, "/throw", {}, throw_up);
    start();
    RawClient client(port());
    ::testing::internal::CaptureStderr();
    const auto answer = client.get("/throw");
    const auto logged = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    EXPECT_NE(logged.find("secret detail"), std::string::npos);
    EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(ServerTest, WhoIsNotAdmittedReachesNoHandler) {
    std::atomic<int> handled{0};
    auto count = [&handled](Request&) -> asio::awaitable<Response> {
        ++handled;
        co_return Response::text(200, "counted");
    };
    router->add(Method::post, "/counted/{id}", {}, count);
    router->add_websocket("/socket", {}, [&handled](Request&, WebSocket&) -> asio::awaitable<void> {
        ++handled;
        co_return;
    });
    options.admit = [](const Request& request, const Operation&, Headers&) -> Task<void> {
        co_await sleep_for(Milliseconds(1));
        if (request.route == "/hello" || request.headers.get("X-Pass") == "yes") co_return Result<void>();
        co_return fail(ErrorCode::rate_limited, "Not so often, {}.", request.remote_address);
    };
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/hello").status, 200);
    client.send("POST /counted/7 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    const auto refused = client.answer();
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.body, R"({"code":"rate_limited","message":"Not so often, 127.0.0.1."})");
    EXPECT_EQ(client
                  .get("/socket",
                       "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                  .status,
              429);
    EXPECT_EQ(handled, 0);
    client.send("POST /counted/7 HTTP/1.1\r\nHost: a\r\nX-Pass: yes\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(client.answer().body, "counted");
    EXPECT_EQ(client.get("/nowhere").status, 404) << "what has no route is answered as ever";
}

TEST_F(ServerTest, WhoAdmitsSaysWhyNotAndWhatIsTold) {
    options.admit = [](const Request& request, const Operation& operation, Headers& told) -> Task<void> {
        told.set("X-Left", "7");
        if (request.headers.has("X-Known")) co_return Result<void>();
        if (operation.authenticated) co_return fail(ErrorCode::unauthorized, "Who are you?");
        co_return fail(ErrorCode::forbidden, "Not you.");
    };
    Operation open;
    open.authenticated = false;
    router->add(Method::get, "/open", open, [](Request&) -> asio::awaitable<Response> { co_return Response::empty(); });
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/hello").status, 401);
    EXPECT_EQ(client.get("/open").status, 403);
    EXPECT_EQ(client.get("/open").headers.get("X-Left"), "7");
    EXPECT_EQ(client.get("/open", "X-Known: yes\r\n").headers.get("X-Left"), "7");
}

TEST_F(ServerTest, EachAnswerHasTheHeadersOfTheServer) {
    options.headers = {{"X-Frame-Options", "DENY"}, {"Content-Security-Policy", "default-src 'none'"}};
    options.secure_headers = {{"Strict-Transport-Security", "max-age=60"}};
    options.no_store = true;
    options.proxies.count = 1;
    router->add(Method::get, "/own", {}, [](Request&) -> asio::awaitable<Response> {
        auto response = Response::text(200, "own");
        response.headers.set("X-Frame-Options", "SAMEORIGIN");
        response.headers.set("Cache-Control", "max-age=60");
        co_return response;
    });
    start();
    RawClient client(port());
    for (const auto* path : {"/hello", "/nowhere"}) {
        const auto answer = client.get(path);
        EXPECT_EQ(answer.headers.get("X-Frame-Options"), "DENY") << path;
        EXPECT_EQ(answer.headers.get("X-Content-Type-Options"), "nosniff") << path;
        EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store") << path;
        EXPECT_FALSE(answer.headers.has("Strict-Transport-Security")) << path;
    }
    const auto secure = client.get("/hello", "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n");
    EXPECT_EQ(secure.headers.get("Strict-Transport-Security"), "max-age=60");
    const auto own = client.get("/own");
    EXPECT_EQ(own.headers.get("X-Frame-Options"), "SAMEORIGIN") << "a handler knows better";
    EXPECT_EQ(own.headers.get("Cache-Control"), "max-age=60");
}

TEST_F(ServerTest, ARouteSaysWhatItsErrorsLookLike) {
    Operation operation;
    operation.body_bytes_max = 10;
    operation.render_error = [](const Request&, const Error& error) {
        auto response = Response::of_json(418, json::object{{"detail", error.message}});
        response.headers.set("Retry-After", "3");
        return response;
    };
    router->add(Method::post, "/own", operation, echo_body);
    start();
    const auto own = exchange("POST /own HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    EXPECT_EQ(own.status, 413);
    EXPECT_EQ(own.headers.get("Retry-After"), "3");
    EXPECT_EQ(own.body, R"({"detail":"The body is 11 bytes; at most 10 are accepted here."})");
    const auto others = exchange("GET /own HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(others.status, 405);
    EXPECT_NE(others.body.find("\"code\""), std::string::npos) << others.body;
}

asio::awaitable<Response> inject(Request&) {
    auto response = Response::text(200, "ok");
    response.headers.set("X-Evil", "a\r\nSet-Cookie: stolen=1");
    response.headers.set("Content-Length", "9999");
    response.headers.set("X-Good", "yes");
    co_return response;
}

TEST_F(ServerTest, LeavesOutHeadersThatWouldSplitTheResponse) {
    router->add(Method::get, "/inject", {}, inject);
    start();
    RawClient client(port());
    ::testing::internal::CaptureStderr();
    const auto answer = client.get("/inject");
    ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(answer.body, "ok");
    EXPECT_FALSE(answer.headers.has("X-Evil"));
    EXPECT_FALSE(answer.headers.has("Set-Cookie"));
    EXPECT_EQ(answer.headers.get("X-Good"), "yes");
}

TEST_F(ServerTest, LogsOneLineWithoutQueryHeadersOrBody) {
    options.loops = 1;
    std::atomic<int> observed{0};
    options.observe = [&](const RequestRecord& record) {
        if (record.status == 200 && record.request.route == "/echo" && record.bytes_sent > 100 && !record.client_gone)
            ++observed;
    };
    start();
    log::set_level(log::Level::info);
    ::testing::internal::CaptureStderr();
    {
        RawClient client(port());
        client.send(
            "POST /echo?token=query-secret HTTP/1.1\r\nHost: a\r\nX-Request-Id: id-1\r\nAuthorization: "
            "header-secret\r\n"
            "Content-Length: 11\r\n\r\nbody-secret");
        EXPECT_EQ(client.answer().status, 200);
    }
    EXPECT_TRUE(becomes_empty());
    const auto logged = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(logged.find("secret"), std::string::npos);
    const auto line = json::parse(logged);
    EXPECT_EQ(line.at("event").as_string(), "request");
    EXPECT_EQ(line.at("method").as_string(), "POST");
    EXPECT_EQ(line.at("path").as_string(), "/echo");
    EXPECT_EQ(line.at("route").as_string(), "/echo");
    EXPECT_EQ(line.at("status").as_int64(), 200);
    EXPECT_EQ(line.at("request_id").as_string(), "id-1");
    EXPECT_EQ(line.at("remote").as_string(), "127.0.0.1");
    EXPECT_TRUE(line.at("ms").is_double());
    EXPECT_FALSE(line.as_object().contains("gone"));
    EXPECT_EQ(observed, 1);
}

TEST_F(ServerTest, SwapsRoutesForLaterRequests) {
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/hello").status, 200);
    auto other = std::make_shared<Router>();
    other->add(Method::get, "/new", {}, say_hello);
    server->set_router(other);
    EXPECT_EQ(client.get("/hello").status, 404);
    EXPECT_EQ(client.get("/new").status, 200);
}

TEST_F(ServerTest, ServesThePrivateSocketToItsOwnerOnly) {
    const auto path = temporary("private.sock");
    options.private_socket = path;
    router->add(Method::get, "/show/{rest:rest}", {}, show_request);
    start();
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    RawClient client(path);
    const auto shown = json::parse(client.get("/show/a").body);
    EXPECT_TRUE(shown.at("private").as_bool());
    EXPECT_EQ(shown.at("remote").as_string(), "");

    Server second(options, router, render);
    const auto refused = second.start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(client.get("/hello").status, 200);
    server->stop();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ServerTest, ReplacesTheSocketFileOfAKilledServer) {
    const auto path = temporary("stale.sock");
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(left);
    options.private_socket = path;
    start();
    RawClient client(path);
    EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(ServerTest, NamesWhatItCannotListenOn) {
    start();
    options.port = port();
    Server taken(options, router, render);
    const auto refused = taken.start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find(std::to_string(port())), std::string::npos);
    options.port = 0;
    options.host = "no such host";
    EXPECT_EQ(Server(options, router, render).start().error().code, ErrorCode::invalid);
    options.host = "127.0.0.1";
    options.private_socket = temporary(std::string(200, 'x'));
    EXPECT_EQ(Server(options, router, render).start().error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace slipway::net::server_testing
