// What ends handlers and streams: hang-up, time-out, slow readers, drain, stop.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/pool.h"
#include "server_fixture.h"

namespace slipway::net::server_testing {
namespace {

struct Probe {
    Event started, ended, passed_the_wait, release;
};

// Waits on a timer that nobody shortens; ends only by cancellation.
asio::awaitable<Response> wait_long(Request&, Probe& probe) {
    const AtEnd end{probe.ended};
    probe.started.say();
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::minutes(10));
    co_await timer.async_wait(asio::use_awaitable);
    probe.passed_the_wait.say();
    co_return Response::text(200, "too late");
}

// The same two levels down, in a group of operations.
asio::awaitable<Response> wait_in_group(Request&, Probe& probe) {
    using namespace asio::experimental::awaitable_operators;
    const AtEnd end{probe.ended};
    probe.started.say();
    auto one = sleep_for(std::chrono::minutes(10));
    auto other = sleep_for(std::chrono::minutes(10));
    co_await (std::move(one) || std::move(other));
    const bool stopped = co_await cancelled();
    if (!stopped) probe.passed_the_wait.say();
    co_return Response::text(200, "too late");
}

asio::awaitable<void> endless(BodyWriter& writer, Probe& probe) {
    const AtEnd end{probe.ended};
    probe.started.say();
    const std::string piece(64 << 10, 'x');
    while (true) {
        const auto written = co_await writer.write(piece);
        if (!written) {
            EXPECT_EQ(written.error().code, ErrorCode::unavailable);
            const auto again = co_await writer.write("more");
            EXPECT_FALSE(again);
            co_return;
        }
    }
}
asio::awaitable<Response> stream_endless(Request&, Probe& probe) {
    Response response;
    response.body = StreamBody([&probe](BodyWriter& writer) { return endless(writer, probe); });
    co_return response;
}

asio::awaitable<void> one_then_wait(EventStream& stream, Probe& probe) {
    const AtEnd end{probe.ended};
    const auto sent = co_await stream.send("", "first");
    EXPECT_TRUE(sent);
    probe.started.say();
    while (!probe.release.has_happened()) {
        asio::steady_timer timer(co_await asio::this_coro::executor, Milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
    }
    const auto last = co_await stream.send("", "last");
    EXPECT_TRUE(last);
}
asio::awaitable<Response> event_then_wait(Request&, Probe& probe) {
    co_return Response::events([&probe](EventStream& stream) { return one_then_wait(stream, probe); });
}

class ServerCancelTest : public ServerTest {
 protected:
    ServerCancelTest() {
        router->add(Method::get, "/wait", {}, [this](Request& request) { return wait_long(request, probe); });
        router->add(Method::get, "/group", {}, [this](Request& request) { return wait_in_group(request, probe); });
        router->add(Method::get, "/limited", {.time_max = Milliseconds(100)},
                    [this](Request& request) { return wait_long(request, probe); });
        router->add(Method::get, "/endless", {}, [this](Request& request) { return stream_endless(request, probe); });
        router->add(Method::get, "/events", {}, [this](Request& request) { return event_then_wait(request, probe); });
    }
    void send_get(RawClient& client, std::string_view path) {
        client.send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", path));
    }
    Probe probe;
};

TEST_F(ServerCancelTest, AHangUpCancelsTheHandler) {
    std::atomic<int> gone{0};
    options.observe = [&](const RequestRecord& record) { gone += record.client_gone && record.status == 0 ? 1 : 0; };
    start();
    RawClient client(port());
    send_get(client, "/wait");
    ASSERT_TRUE(probe.started.happens());
    client.close();
    EXPECT_TRUE(probe.ended.happens());
    EXPECT_TRUE(becomes_empty());
    EXPECT_FALSE(probe.passed_the_wait.has_happened());
    EXPECT_EQ(gone, 1);
}

TEST_F(ServerCancelTest, AResetCancelsAGroupOfOperations) {
    start();
    RawClient client(port());
    send_get(client, "/group");
    ASSERT_TRUE(probe.started.happens());
    client.reset();
    EXPECT_TRUE(probe.ended.happens());
    EXPECT_FALSE(probe.passed_the_wait.has_happened());
}

TEST_F(ServerCancelTest, AHangUpIsSeenBehindPipelinedBytes) {
    start();
    for (const std::size_t pipelined : {std::size_t{1}, std::size_t{50}, std::size_t{1000}}) {
        Probe own;
        auto other = std::make_shared<Router>();
        other->add(Method::get, "/wait", {}, [&own](Request& request) { return wait_long(request, own); });
        server->set_router(other);
        RawClient client(port());
        send_get(client, "/wait");
        ASSERT_TRUE(own.started.happens());
        for (std::size_t i = 0; i < pipelined; ++i) client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_FALSE(own.ended.has_happened());
        client.close();
        EXPECT_TRUE(own.ended.happens());
        EXPECT_TRUE(becomes_empty());
    }
}

TEST_F(ServerCancelTest, PipelinedBytesAreNotAHangUp) {
    start();
    RawClient client(port());
    send_get(client, "/events");
    ASSERT_TRUE(probe.started.happens());
    for (int i = 0; i < 200; ++i) send_get(client, "/hello");
    std::this_thread::sleep_for(Milliseconds(50));
    probe.release.say();
    EXPECT_EQ(client.answer().body, ":\n\ndata: first\n\ndata: last\n\n");
    for (int i = 0; i < 200; ++i) EXPECT_EQ(client.answer().body, "hello /hello");
}

TEST_F(ServerCancelTest, TheRoutesTimeEndsTheHandlerWith503) {
    options.limits.heartbeat = Milliseconds(40);
    start();
    RawClient client(port());
    const auto answer = client.get("/limited");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("unavailable"), std::string::npos);
    EXPECT_TRUE(probe.ended.happens());
    EXPECT_EQ(client.get("/hello").status, 200);  // the coroutine of the connection is whole again
    EXPECT_EQ(client.get("/limited").status, 503);
}

asio::awaitable<Response> block_on_pool(Request&, WorkerPool& pool, Probe& probe) {
    const AtEnd end{probe.ended};
    auto work = [&probe]() -> Result<int> {
        probe.started.say();
        probe.release.happens();
        return 1;
    };
    const auto done = co_await pool.run(work);
    EXPECT_TRUE(done);
    co_await sleep_for(std::chrono::minutes(10));
    probe.passed_the_wait.say();
    co_return Response::empty();
}

TEST_F(ServerCancelTest, WhatCannotBeCancelledEndsBeforeTheServerDoes) {
    WorkerPool pool("test", 1);
    router->add(Method::get, "/pool", {},
                [this, &pool](Request& request) { return block_on_pool(request, pool, probe); });
    start();
    RawClient client(port());
    send_get(client, "/pool");
    ASSERT_TRUE(probe.started.happens());
    client.close();
    std::thread releasing([this] {
        std::this_thread::sleep_for(Milliseconds(100));
        probe.release.say();
    });
    server->stop();
    releasing.join();
    EXPECT_TRUE(probe.ended.has_happened());
    EXPECT_FALSE(probe.passed_the_wait.has_happened());
}

asio::awaitable<Response> keep_partial(Request&, Probe& probe) {
    co_await asio::this_coro::throw_if_cancelled(false);
    probe.started.say();
    co_await sleep_for(std::chrono::minutes(10));
    // Storing what there is needs awaiting again.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await sleep_for(Milliseconds(20));
    probe.passed_the_wait.say();
    co_return Response::empty();
}

TEST_F(ServerCancelTest, ACancelledHandlerMayStillFinishItsWork) {
    router->add(Method::get, "/partial", {.time_max = Milliseconds(50)},
                [this](Request& request) { return keep_partial(request, probe); });
    options.limits.heartbeat = Milliseconds(40);
    start();
    RawClient client(port());
    EXPECT_EQ(client.get("/partial").status, 503);
    EXPECT_TRUE(probe.passed_the_wait.has_happened());
    // What that handler did to its cancellation does not outlive it.
    send_get(client, "/wait");
    client.close();
    EXPECT_TRUE(probe.ended.happens());
}

TEST_F(ServerCancelTest, AHangUpEndsAStream) {
    start();
    RawClient client(port());
    send_get(client, "/events");
    ASSERT_TRUE(probe.started.happens());
    client.receive_until("first");
    client.close();
    EXPECT_TRUE(probe.ended.happens());
    EXPECT_TRUE(becomes_empty());
}

TEST_F(ServerCancelTest, AReaderThatTakesNothingIsCut) {
    options.limits.write_time_max = Milliseconds(200);
    start();
    RawClient client(port());
    send_get(client, "/endless");
    EXPECT_TRUE(probe.ended.happens());
    EXPECT_TRUE(becomes_empty());
}

TEST_F(ServerCancelTest, ASlowReaderIsNotCutWhileItReads) {
    options.limits.write_time_max = Milliseconds(300);
    start();
    RawClient client(port());
    const int small = 16 << 10;
    ::setsockopt(client.native(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    send_get(client, "/endless");
    ASSERT_TRUE(probe.started.happens());
    for (int i = 0; i < 60; ++i) {
        EXPECT_TRUE(client.receive());
        std::this_thread::sleep_for(Milliseconds(15));
    }
    EXPECT_FALSE(probe.ended.has_happened());
    client.close();
    EXPECT_TRUE(probe.ended.happens());
}

TEST_F(ServerCancelTest, DrainLetsStreamsFinishAndClosesTheIdle) {
    start();
    RawClient idle(port()), busy(port());
    EXPECT_EQ(idle.get("/hello").status, 200);
    send_get(busy, "/events");
    ASSERT_TRUE(probe.started.happens());
    std::thread draining([this] { server->drain(); });
    EXPECT_TRUE(idle.closed_by_server());
    EXPECT_FALSE(probe.ended.has_happened());
    // The loop that listens may hear of it a moment after the one that held the idle connection.
    bool refused = false;
    for (int i = 0; i < 200 && !refused; ++i) {
        refused = !RawClient(port()).connected();
        if (!refused) std::this_thread::sleep_for(Milliseconds(10));
    }
    EXPECT_TRUE(refused);
    probe.release.say();
    const auto answer = busy.answer();
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body, ":\n\ndata: first\n\ndata: last\n\n");
    EXPECT_TRUE(busy.closed_by_server());
    draining.join();
    EXPECT_EQ(server->connections(), 0U);
}

asio::awaitable<Response> wait_for_release(Request&, Probe& probe) {
    probe.started.say();
    while (!probe.release.has_happened()) co_await sleep_for(Milliseconds(5));
    co_return Response::text(200, "done");
}

TEST_F(ServerCancelTest, DrainAnswersRunningRequestsWithClose) {
    router->add(Method::get, "/released", {}, [this](Request& request) { return wait_for_release(request, probe); });
    start();
    RawClient client(port());
    send_get(client, "/released");
    ASSERT_TRUE(probe.started.happens());
    std::thread draining([this] { server->drain(); });
    for (int i = 0; i < 500 && RawClient(port()).connected(); ++i) std::this_thread::sleep_for(Milliseconds(10));
    probe.release.say();
    const auto answer = client.answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    draining.join();
}

TEST_F(ServerCancelTest, DrainCutsWhatTakesTooLong) {
    options.limits.drain_time_max = Milliseconds(100);
    start();
    RawClient client(port());
    send_get(client, "/wait");
    ASSERT_TRUE(probe.started.happens());
    server->drain();
    EXPECT_TRUE(probe.ended.has_happened());
    EXPECT_EQ(client.answer().status, 0);
    EXPECT_EQ(server->connections(), 0U);
}

TEST_F(ServerCancelTest, StopCutsAtOnceAlsoDuringADrain) {
    start();
    RawClient client(port());
    send_get(client, "/wait");
    ASSERT_TRUE(probe.started.happens());
    std::thread draining([this] { server->drain(); });
    std::this_thread::sleep_for(Milliseconds(50));
    server->stop();
    draining.join();
    EXPECT_TRUE(probe.ended.has_happened());
    server->stop();
}

asio::awaitable<void> say(Event& event) {
    event.say();
    co_return;
}

TEST_F(ServerCancelTest, LoopsRunOtherWorkAlsoAfterADrain) {
    start();
    Event before, after;
    asio::co_spawn(server->executor(1), say(before), asio::detached);
    EXPECT_TRUE(before.happens());
    server->drain();
    asio::co_spawn(server->executor(0), say(after), asio::detached);
    EXPECT_TRUE(after.happens());
}

}  // namespace
}  // namespace slipway::net::server_testing
