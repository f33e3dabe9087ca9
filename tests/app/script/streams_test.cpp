#include "app/script/http_fixture.h"

namespace slipway::app {
namespace {

std::vector<std::string> stream_of(net::Response& response, FakeEvents& events) {
    EXPECT_TRUE(std::holds_alternative<net::EventBody>(response.body));
    run_to_end(std::get<net::EventBody>(response.body)(events));
    return events.sent;
}

TEST(ScriptStreams, EventsAreSentInOrderWithNames) {
    ScriptApplication application(R"(route.get("/s", {auth = false}, function(request)
        return events(function(send)
            send({type = "start"})
            slipway.tokens({n = 3}, function(token) send({token = token}, "token") end)
            send("done", "end")
        end)
    end))");
    application.host->bind_streaming(
        "tokens", [](CallContext&, json::value arguments, ScriptCallback callback) -> Task<json::value> {
            for (std::int64_t i = 0; i < arguments.at("n").as_int64(); ++i) {
                co_await sleep_for(Milliseconds(1));
                SLIPWAY_CO_CHECK(co_await callback(i));
            }
            co_return json::value();
        });
    auto response = application.send(net::Method::get, "/s");
    FakeEvents events;
    const std::vector<std::string> expected = {R"(: {"type":"start"})", R"(token: {"token":0})",
                                               R"(token: {"token":1})", R"(token: {"token":2})", "end: done"};
    EXPECT_EQ(stream_of(response, events), expected);
}

TEST(ScriptStreams, AnErrorInTheMiddleEndsTheStreamWithAnEvent) {
    ScriptApplication application(R"(route.get("/s", {auth = false}, function(request)
        return events(function(send) send("one") error{code = "upstream", message = "The model failed."} end) end))");
    auto response = application.send(net::Method::get, "/s");
    FakeEvents events;
    const std::vector<std::string> expected = {
        ": one", R"(error: {"error":{"code":"upstream","message":"The model failed.","details":{}}})"};
    EXPECT_EQ(stream_of(response, events), expected);
    application.http->render_event_error = [](const Error& error) {
        return std::pair(std::string(), R"({"type":"error","message":")" + error.message + "\"}");
    };
    response = application.send(net::Method::get, "/s");
    FakeEvents own;
    EXPECT_EQ(stream_of(response, own)[1], R"(: {"type":"error","message":"The model failed."})");
}

TEST(ScriptStreams, SendRaisesOnceTheClientIsGone) {
    ScriptApplication application(R"(route.get("/s", {auth = false}, function(request)
        return events(function(send)
            for i = 1, 1000 do
                local ok, e = pcall(send, i .. "")
                if not ok then slipway.note{code = e.code, at = i} return end
            end
        end) end))");
    json::value note;
    application.host->bind("note", [&](CallContext&, json::value arguments) -> Task<json::value> {
        note = std::move(arguments);
        co_return json::value();
    });
    auto response = application.send(net::Method::get, "/s");
    FakeEvents events;
    events.gone_after = 3;
    EXPECT_EQ(stream_of(response, events).size(), 3U);
    EXPECT_EQ(json::serialize(note), R"({"at":4,"code":"unavailable"})");
}

TEST(ScriptStreams, AStreamThatIsNeverReadLetsItsCallGo) {
    ScriptApplication application(
        R"(route.get("/s", {auth = false}, function(request) return events(function(send) send("x") end) end))");
    application.folder.options.limits.calls = 1;
    application.host = std::make_unique<ScriptHost>(application.folder.options);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(application.send(net::Method::get, "/s").status, 200);
    const auto held = application.send(net::Method::get, "/s");
    EXPECT_EQ(application.send(net::Method::get, "/s").status, 500);
}

TEST(ScriptStreams, ASendKeptBeyondItsStreamReachesNothing) {
    ScriptApplication application(R"(local kept
        route.get("/a", {auth = false}, function() return events(function(send) kept = send send("mine") end) end)
        route.get("/b", {auth = false}, function() kept("yours") return "sent" end))");
    auto response = application.send(net::Method::get, "/a");
    FakeEvents events;
    stream_of(response, events);
    EXPECT_NE(shown(application.send(net::Method::get, "/b")).find("There is no stream of events to send on."),
              std::string::npos);
    EXPECT_EQ(events.sent.size(), 1U);
}

TEST(ScriptStreams, EventNamesCannotBreakTheFraming) {
    ScriptApplication application(
        R"(route.get("/s", {auth = false}, function(request) return events(function(send) send("x", "a\ndata: evil") end) end))");
    auto response = application.send(net::Method::get, "/s");
    FakeEvents events;
    EXPECT_EQ(stream_of(response, events).size(), 1U);
    EXPECT_NE(events.sent[0].find("error: "), std::string::npos);
}

constexpr const char* kSocketRoutes = R"(
route.websocket("/ws", {auth = false, query = {room = {type = "integer"}}}, function(socket, request)
    for text in function() return socket:receive() end do
        local message = json.decode(text)
        if message.type == "close" then socket:close(4001, "as you wish") return end
        if message.type == "fail" then error("oh") end
        socket:send({echo = message.text, room = request.query.room})
    end
end)
route.websocket("/private", function(socket) socket:send("in") end)
route.websocket("/busy", {auth = false}, function(socket)
    while socket:receive() do for i = 1, 100000 do end socket:send("done") end
end)
route.websocket("/endless", {auth = false}, function(socket) while true do end end))";

TEST(ScriptStreams, AWebSocketTalksUntilTheClientCloses) {
    ScriptApplication application(kSocketRoutes);
    FakeSocket socket;
    socket.incoming = {R"({"text":"a"})", R"({"text":"b"})"};
    net::Request request;
    request.path = "/ws";
    request.query = {{"room", "5"}};
    application.connect(request, socket);
    EXPECT_EQ(socket.sent, (std::vector<std::string>{R"({"echo":"a","room":5})", R"({"echo":"b","room":5})"}));
    EXPECT_EQ(socket.closed, "");  // the peer closed it
}

TEST(ScriptStreams, AWebSocketIsClosedWithAReason) {
    ScriptApplication application(kSocketRoutes);
    const auto closed = [&](const std::string& path, std::deque<std::string> incoming, net::Fields query = {}) {
        FakeSocket socket;
        socket.incoming = std::move(incoming);
        net::Request request;
        request.path = path;
        request.query = std::move(query);
        application.connect(request, socket);
        return socket.closed;
    };
    EXPECT_EQ(closed("/ws", {R"({"type":"close"})"}), "4001 as you wish");
    EXPECT_EQ(closed("/ws", {R"({"type":"fail"})"}), "1011 The application's script failed; the log says where.");
    EXPECT_EQ(closed("/ws", {}, {{"room", "x"}}), "1008 The query is not valid: room: Expected integer.");
    EXPECT_EQ(closed("/private", {}), "1008 Who are you?");
    EXPECT_EQ(closed("/endless", {}).substr(0, 4), "1011");
}

TEST(ScriptStreams, AWebSocketGetsItsLimitsAnewWithEachMessage) {
    ScriptApplication application(kSocketRoutes);
    application.folder.options.limits.instructions = 1'000'000;
    application.host = std::make_unique<ScriptHost>(application.folder.options);
    FakeSocket socket;
    socket.incoming.assign(30, "go");
    net::Request request;
    request.path = "/busy";
    application.connect(request, socket);
    EXPECT_EQ(socket.sent.size(), 30U);
}

}  // namespace
}  // namespace slipway::app
