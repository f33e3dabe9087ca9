// Reload, cancellation, threads: what may end while a script waits.
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "app/script/fixture.h"

namespace slipway::app {
namespace {

Task<json::value> wait_long(CallContext& /*context*/, json::value /*arguments*/) {
    co_await sleep_for(Milliseconds(600'000));
    co_return json::value("waited");
}

Task<json::value> wait_a_little(CallContext& /*context*/, json::value /*arguments*/) {
    co_await sleep_for(Milliseconds(1));
    co_return json::value(1);
}

TEST(ScriptLifetime, ReloadTakesEffectForNewCallsWhileOldOnesFinish) {
    ScriptFolder folder;
    folder.write("routes.lua", "handler('main', function() slipway.reload{} return 'old' end)");
    ScriptHost host(folder.options);
    host.bind("reload", [&](CallContext&, json::value) -> Task<json::value> {
        folder.write("routes.lua", "handler('main', function() return 'new' end)");
        const auto loaded = host.reload();
        EXPECT_TRUE(loaded);
        co_return json::value();
    });
    ASSERT_TRUE(host.load());
    EXPECT_EQ(host.generation(), 1U);
    EXPECT_EQ(outcome(call_main(host)), "\"old\"");
    EXPECT_EQ(host.generation(), 2U);
    EXPECT_EQ(outcome(call_main(host)), "\"new\"");
}

TEST(ScriptLifetime, ABrokenFileDoesNotReplaceTheRunningGeneration) {
    ScriptFolder folder;
    folder.write("routes.lua", "local lib = require('lib') handler('main', function() return lib end)");
    folder.write("lib.lua", "return 1");
    ScriptHost host(folder.options);
    ASSERT_TRUE(host.load());
    folder.write("lib.lua", "return 2\n\nreturn");
    const auto broken = host.reload();
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::invalid);
    EXPECT_EQ(broken.error().details.at("file").as_string(), "lib.lua");
    EXPECT_EQ(broken.error().details.at("line"), 3);
    EXPECT_EQ(host.generation(), 1U);
    EXPECT_EQ(outcome(call_main(host)), "1");
    folder.write("lib.lua", "return 3");
    ASSERT_TRUE(host.reload());
    EXPECT_EQ(outcome(call_main(host)), "3");
}

// Starts a call of "main" that can be cancelled, runs the loop for a moment.
struct RunningCall {
    asio::io_context loop{1};
    asio::cancellation_signal signal;
    bool ended = false;
    void start(ScriptHost& host) {
        asio::co_spawn(loop, host.call("main", std::make_shared<CallContext>(), nullptr),
                       asio::bind_cancellation_slot(
                           signal.slot(), [this](std::exception_ptr, const Result<json::value>&) { ended = true; }));
        loop.run_for(std::chrono::milliseconds(20));
    }
};

TEST(ScriptLifetime, ACancelledCallNeverGoesOn) {
    ScriptFolder folder;
    folder.options.limits.calls = 1;
    folder.write("routes.lua", R"(handler('main', function(argument)
        if argument then return 'free' end
        local co = coroutine.wrap(function() pcall(slipway.wait, {}) slipway.note{} end)
        pcall(co)
        slipway.note{} end))");
    ScriptHost host(folder.options);
    int notes = 0;
    host.bind("wait", wait_long);
    host.bind("note", [&](CallContext&, json::value) -> Task<json::value> {
        ++notes;
        co_return json::value();
    });
    ASSERT_TRUE(host.load());
    RunningCall call;
    call.start(host);
    EXPECT_FALSE(call.ended);
    EXPECT_EQ(outcome(call_main(host, 1)).substr(0, 11), "unavailable");
    call.signal.emit(asio::cancellation_type::terminal);
    call.loop.restart();
    call.loop.run_for(std::chrono::milliseconds(1000));
    EXPECT_TRUE(call.ended);
    EXPECT_EQ(notes, 0);
    EXPECT_EQ(outcome(call_main(host, 1)), "\"free\"");
}

TEST(ScriptLifetime, ALoopThatIsDestroyedTakesItsCallsWithIt) {
    ScriptFolder folder;
    folder.options.limits.calls = 1;
    folder.write("routes.lua",
                 "handler('main', function(argument) if argument then return 'free' end slipway.outer({}, function() "
                 "slipway.wait{} end) end)");
    auto host = std::make_unique<ScriptHost>(folder.options);
    host->bind("wait", wait_long);
    host->bind_streaming("outer", [](CallContext&, json::value, ScriptCallback callback) -> Task<json::value> {
        co_return co_await callback(1);
    });
    ASSERT_TRUE(host->load());
    {
        RunningCall call;
        call.start(*host);
    }
    EXPECT_EQ(outcome(call_main(*host, 1)), "\"free\"");
    RunningCall late;
    late.start(*host);
    host.reset();  // the call keeps what it needs
}

TEST(ScriptLifetime, ACoroutineLeftWaitingByACancelledCallOnlyFails) {
    ScriptFolder folder;
    folder.write("routes.lua", R"(local kept
        handler('main', function(argument)
            if not kept then kept = coroutine.create(function() slipway.wait{} return 'went on' end) end
            local ok, value = coroutine.resume(kept)
            return {ok, value} end))");
    ScriptHost host(folder.options);
    host.bind("wait", wait_long);
    ASSERT_TRUE(host.load());
    {
        RunningCall call;
        call.start(host);
        EXPECT_NE(outcome(call_main(host)).find("the coroutine is waiting for an operation"), std::string::npos);
    }
    EXPECT_EQ(outcome(call_main(host)),
              R"([false,"routes.lua:3: the call that this coroutine waited in was cancelled"])");
}

TEST(ScriptLifetime, ManyCallsInterleaveInOneState) {
    ScriptFolder folder;
    folder.write(
        "routes.lua",
        "handler('main', function(n) local s = 0 for i = 1, 20 do s = s + slipway.one{} end return s + n end)");
    ScriptHost host(folder.options);
    host.bind("one", wait_a_little);
    ASSERT_TRUE(host.load());
    asio::io_context loop(1);
    int right = 0;
    for (int i = 0; i < 50; ++i)
        asio::co_spawn(loop, host.call("main", std::make_shared<CallContext>(), i),
                       [&, i](std::exception_ptr, const Result<json::value>& result) {
                           right += result && *result == 20 + i ? 1 : 0;
                       });
    loop.run();
    EXPECT_EQ(right, 50);
}

TEST(ScriptLifetime, EachThreadHasItsOwnState) {
    ScriptFolder folder;
    folder.write("routes.lua", "local n = 0 handler('main', function() n = n + slipway.one{} return n end)");
    ScriptHost host(folder.options);
    host.bind("one", wait_a_little);
    ASSERT_TRUE(host.load());
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int call = 1; call <= 30; ++call)
                if (outcome(call_main(host)) == std::to_string(call)) ++right;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(right.load(), 120);
}

TEST(ScriptLifetime, HandlersGiveEachCallItsContext) {
    ScriptFolder folder;
    folder.write("routes.lua", "handler('main', function() return slipway.who{} end)");
    ScriptHost host(folder.options);
    host.bind("who", [](CallContext& context, json::value) -> Task<json::value> {
        co_return json::value(std::any_cast<std::string>(context.principal) + context.request_id);
    });
    ASSERT_TRUE(host.load());
    auto context = std::make_shared<CallContext>();
    context->principal = std::string("ada ");
    context->request_id = "r1";
    EXPECT_EQ(outcome(run_to_end(host.call("main", context, nullptr))), "\"ada r1\"");
}

}  // namespace
}  // namespace slipway::app
