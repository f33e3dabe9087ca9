// What scripts hear on sockets and streams, with channels that a test fills.
#include <gtest/gtest.h>

#include "app/script/http_fixture.h"

namespace slipway::app {
namespace {

using Waiting = std::deque<Result<std::optional<json::value>>>;

struct Channel {
    Waiting waiting;                   // then nothing
    std::vector<std::string> changes;  // "+name", "-name"
    int lasting = 0;                   // subscriptions of calls that outlive their request
};

class FakeSubscription final : public ScriptSubscription {
 public:
    explicit FakeSubscription(Channel& channel) : channel_(channel) {}
    Task<void> add(std::string channel) override {
        co_await sleep_for(Milliseconds(0));
        if (channel == "forbidden") co_return fail(ErrorCode::invalid, "No such name.");
        channel_.changes.push_back("+" + channel);
        co_return Result<void>();
    }
    void remove(std::string_view channel) override { channel_.changes.push_back("-" + std::string(channel)); }
    Task<std::optional<json::value>> take() override {
        co_await sleep_for(Milliseconds(0));
        if (channel_.waiting.empty()) co_return std::optional<json::value>();
        auto next = std::move(channel_.waiting.front());
        channel_.waiting.pop_front();
        co_return next;
    }
    void on_heard(std::function<void()>) override {}

 private:
    Channel& channel_;
};

std::optional<json::value> said(std::string_view text) {
    return json::value(json::object{{"channel", "room"}, {"value", text}});
}

class ScriptSubscriptions : public testing::Test {
 protected:
    void bind() {
        application.host->bind_subscriptions([this](CallContext& context) -> Task<std::unique_ptr<ScriptSubscription>> {
            if (context.lasting) ++channel.lasting;
            co_return std::unique_ptr<ScriptSubscription>(std::make_unique<FakeSubscription>(channel));
        });
    }
    void connect(std::string_view path) {
        net::Request request;
        request.path = path;
        application.connect(request, socket);
    }

    Channel channel;
    FakeSocket socket;
    ScriptApplication application{R"(
route.websocket("/ws", {auth = false}, function(socket)
    socket:subscribe("room")
    for event in socket:events() do
        if event.message == "leave" then socket:unsubscribe("room") end
        socket:send(event)
    end
    socket:send("over")
end)
route.websocket("/wrong", {auth = false}, function(socket)
    local ok, raised = pcall(socket.subscribe, socket, "forbidden")
    socket:send(raised.code)
    socket:subscribe()
end)
route.websocket("/busy", {auth = false}, function(socket)
    socket:subscribe("room")
    for event in socket:events() do for i = 1, 100000 do end socket:send("done") end
end)
route.get("/stream", {auth = false}, function(request)
    return events(function(send, stream)
        stream:subscribe("room")
        for event in stream:events() do send(event) end
        send("over")
    end)
end))"};
};

TEST_F(ScriptSubscriptions, ASocketHearsChannelsAndItsClient) {
    bind();
    channel.waiting = {said("a"), json::value(json::object{{"missed", true}})};
    socket.incoming = {"hello", "leave"};
    connect("/ws");
    EXPECT_EQ(socket.sent, (std::vector<std::string>{R"({"channel":"room","value":"a"})", R"({"missed":true})",
                                                     R"({"message":"hello"})", R"({"message":"leave"})"}));
    EXPECT_EQ(channel.changes, (std::vector<std::string>{"+room", "-room"}));
    EXPECT_EQ(channel.lasting, 1);
    EXPECT_EQ(socket.closed, "");  // the peer closed it
}

TEST_F(ScriptSubscriptions, WhoMayNotHearAnyMoreIsToldNothing) {
    bind();
    channel.waiting = {said("a"), fail(ErrorCode::unauthorized, "Sign in again."), said("b")};
    socket.incoming = {"never read"};
    connect("/ws");
    EXPECT_EQ(socket.sent, (std::vector<std::string>{R"({"channel":"room","value":"a"})"}));
    EXPECT_EQ(socket.closed, "1011 Sign in again.");
}

TEST_F(ScriptSubscriptions, MistakesAreRaised) {
    bind();
    connect("/wrong");
    EXPECT_EQ(socket.sent, (std::vector<std::string>{"invalid"}));
    EXPECT_EQ(socket.closed.substr(0, 4), "1011");
}

TEST_F(ScriptSubscriptions, WithoutChannelsThereAreNone) {
    connect("/ws");
    EXPECT_EQ(socket.closed, "1011 There are no channels here.");
}

TEST_F(ScriptSubscriptions, LimitsBeginAnewWithEachEvent) {
    application.folder.options.limits.instructions = 1'000'000;
    application.host = std::make_unique<ScriptHost>(application.folder.options);
    bind();
    for (int i = 0; i < 30; ++i) channel.waiting.emplace_back(said("again"));
    connect("/busy");
    EXPECT_EQ(socket.sent.size(), 30U);
}

TEST_F(ScriptSubscriptions, AStreamEndsWhenTheServerStops) {
    bind();
    channel.waiting = {said("a"), fail(ErrorCode::unavailable, "The server is stopping.")};
    auto response = application.send(net::Method::get, "/stream");
    FakeEvents events;
    run_to_end(std::get<net::EventBody>(response.body)(events));
    EXPECT_EQ(events.sent, (std::vector<std::string>{R"(: {"channel":"room","value":"a"})", ": over"}));
}

}  // namespace
}  // namespace slipway::app
