#include <fmt/format.h>

#include "app/script/fixture.h"
#include "app/script/program.h"
#include "app/script/values.h"

namespace slipway::app {
namespace {

Task<json::value> add(CallContext& /*context*/, json::value arguments) {
    co_await sleep_for(Milliseconds(1));
    co_return arguments.at("a").as_int64() + arguments.at("b").as_int64();
}

Task<json::value> refuse(CallContext& /*context*/, json::value arguments) {
    co_await sleep_for(Milliseconds(0));
    co_return std::unexpected(Error{ErrorCode::not_found, "There is no such chat."}.with("id", arguments.at("id")));
}

Task<json::value> throw_up(CallContext& /*context*/, json::value /*arguments*/) {
    co_await sleep_for(Milliseconds(0));
    throw std::runtime_error("the disk is on fire");
}

Task<json::value> echo(CallContext& /*context*/, json::value arguments) { co_return arguments; }

Task<json::value> count_up(CallContext& /*context*/, json::value arguments, ScriptCallback callback) {
    json::array answers;
    for (std::int64_t i = 1; i <= arguments.at("to").as_int64(); ++i) {
        co_await sleep_for(Milliseconds(0));
        SLIPWAY_CO_TRY(auto answer, co_await callback(i));
        answers.push_back(std::move(answer));
    }
    co_return answers;
}

class ScriptHostTest : public testing::Test {
 protected:
    ScriptHost& open(std::string_view body) {
        folder_.write("routes.lua", fmt::format("handler('main', function(argument) {}\nend)", body));
        host_ = std::make_unique<ScriptHost>(folder_.options);
        host_->bind("math.add", add);
        host_->bind("chats.refuse", refuse);
        host_->bind("chats.throw", throw_up);
        host_->bind("echo", echo);
        host_->bind_streaming("count", count_up);
        const auto loaded = host_->load();
        EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
        return *host_;
    }
    std::string run(std::string_view body, json::value argument = nullptr) {
        return outcome(call_main(open(body), std::move(argument)));
    }

    ScriptFolder folder_;
    std::unique_ptr<ScriptHost> host_;
};

TEST_F(ScriptHostTest, ValuesKeepTheirKindsOnTheWayThroughLua) {
    const auto value = json::parse(
        R"({"i":9223372036854775807,"n":-5,"f":1.5,"t":true,"s":"日本","null":null,"list":[1,[],{}],"empty":{},"none":[]})");
    const auto result = call_main(open("return slipway.echo(argument)"), value);
    ASSERT_TRUE(result) << outcome(result);
    EXPECT_EQ(*result, value);
    EXPECT_EQ(run("return {array{}, {}, null, 2^53, 7 // 2, 3.0}"), "[[],{},null,9.007199254740992E15,3,3E0]");
    EXPECT_EQ(run("return {present(null) == nil, present(argument) == nil, present(5), argument == nil}"),
              "[true,true,5,true]");
    EXPECT_EQ(run("return argument", json::value(std::uint64_t{1} << 63)), "9.223372036854776E18");
}

TEST_F(ScriptHostTest, ValuesThatAreNoJsonAreErrorsWithTheirPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"return {print}", "a function is not JSON"},
        {"return {1, 2, x = 3}", "a table with list items and other keys is not JSON"},
        {"return {1, nil, 3}", "a list with holes is not JSON; use null for an empty place"},
        {"return {[1.5] = 1}", "a table with a number as key is not JSON"},
        {"return 0/0", "the number"},
        {"return 1/0", "the number inf is not JSON"},
        {"local t = {} t.t = t return t", "contains itself"},
    };
    for (const auto& [body, expected] : cases)
        EXPECT_NE(run(body).find(expected), std::string::npos) << body << " gave " << run(body);
    EXPECT_EQ(run("return slipway.echo{x = print}"), "internal: routes.lua:1: a function is not JSON");
    EXPECT_EQ(run("return {s = 'a\\xFFb'}"),
              "{\"s\":\"a\xEF\xBF\xBD"
              "b\"}");
}

TEST_F(ScriptHostTest, OperationsSuspendTheScriptAndReturn) {
    EXPECT_EQ(run("return slipway.math.add{a = 1, b = slipway.math.add{a = 2, b = 3}}"), "6");
    EXPECT_EQ(run("local s = 0 for i = 1, 100 do s = slipway.math.add{a = s, b = i} end return s"), "5050");
    EXPECT_EQ(run("return slipway.echo() == nil"), "false");
    EXPECT_EQ(run("local mt = {__index = function(t, k) return slipway.math.add{a = 1, b = k} end} return "
                  "setmetatable({}, mt)[41]"),
              "42");
}

TEST_F(ScriptHostTest, OperationsWorkInsideCoroutines) {
    EXPECT_EQ(run(R"(
        local generate = coroutine.wrap(function()
            for i = 1, 3 do coroutine.yield(slipway.math.add{a = i, b = 10}) end
            local inner = coroutine.create(function(x) local y = coroutine.yield(x + 1) return slipway.math.add{a = x, b = y} end)
            local _, first = coroutine.resume(inner, 5)
            local _, second = coroutine.resume(inner, 100)
            coroutine.yield(first) coroutine.yield(second)
        end)
        return {generate(), generate(), generate(), generate(), generate()})"),
              "[11,12,13,6,105]");
    EXPECT_EQ(run("local co = coroutine.create(function() return slipway.chats.refuse{id = 1} end) local ok, e = "
                  "coroutine.resume(co) return {ok, e.code, coroutine.status(co)}"),
              R"([false,"not_found","dead"])");
}

TEST_F(ScriptHostTest, AFailedOperationRaisesATableThatPcallCatches) {
    EXPECT_EQ(run("local ok, e = pcall(slipway.chats.refuse, {id = 7}) return {ok, e.code, e.message, e.details.id, "
                  "tostring(e)}"),
              R"([false,"not_found","There is no such chat.",7,"There is no such chat."])");
    const auto uncaught = call_main(open("slipway.chats.refuse{id = 7}"));
    ASSERT_FALSE(uncaught);
    EXPECT_EQ(uncaught.error().code, ErrorCode::not_found);
    EXPECT_EQ(uncaught.error().message, "There is no such chat.");
    EXPECT_EQ(uncaught.error().details.at("id"), 7);
    EXPECT_EQ(run("error{code = 'conflict', message = 'Taken.', details = {name = 'x'}}"), "conflict: Taken.");
    EXPECT_EQ(run("error{code = 'teapot', message = 'short and stout'}"), "internal: the error is a table");
    EXPECT_EQ(run("error(nil)"), "internal: the error is a nil");
    EXPECT_EQ(run("local ok, e = pcall(slipway.chats.throw) return e.code"), "\"internal\"");
}

TEST_F(ScriptHostTest, ARuntimeErrorTellsItsPlaceOnlyInDevelopment) {
    auto& developing = open("\n\nlocal x = nil\nreturn x.y");
    const auto shown = call_main(developing);
    ASSERT_FALSE(shown);
    EXPECT_EQ(shown.error().code, ErrorCode::internal);
    EXPECT_EQ(text_or(shown.error().details, "script"), "routes.lua:4: attempt to index a nil value (local 'x')");
    EXPECT_NE(text_or(shown.error().details, "traceback").find("routes.lua:4"), std::string_view::npos);
    folder_.options.development = false;
    const auto hidden = call_main(open("\n\nlocal x = nil\nreturn x.y"));
    ASSERT_FALSE(hidden);
    EXPECT_TRUE(hidden.error().details.empty());
    EXPECT_EQ(hidden.error().message.find("routes.lua"), std::string::npos);
}

TEST_F(ScriptHostTest, CallbacksRunInTheCallAndMayCallOperationsThemselves) {
    EXPECT_EQ(run("local seen = {} local answers = slipway.count({to = 3}, function(i) seen[i] = i return "
                  "slipway.math.add{a = i, b = 100} end) return {seen, answers}"),
              "[[1,2,3],[101,102,103]]");
    EXPECT_EQ(run("return slipway.count({to = 2}, function(i) return slipway.count({to = i}, function(j) return i * 10 "
                  "+ j end) end)"),
              "[[11],[21,22]]");
    EXPECT_EQ(run("local ok, e = pcall(slipway.count, {to = 3}, function(i) if i == 2 then error{code = 'conflict', "
                  "message = 'enough'} end end) return {ok, e.code, e.message}"),
              R"([false,"conflict","enough"])");
    EXPECT_EQ(run("slipway.count({to = 3}, function(i) local x = nil + 1 end)").substr(0, 9), "internal:");
    EXPECT_NE(run("slipway.echo({}, function() end)").find("is one too many"), std::string::npos);
    EXPECT_NE(run("slipway.echo(5)").find("slipway.echo takes a table of arguments"), std::string::npos);
}

TEST_F(ScriptHostTest, ACallbackKeptBeyondItsOperationAnswersUnavailable) {
    ScriptCallback kept;
    folder_.write("routes.lua",
                  "handler('main', function() slipway.keep({}, function() return 1 end) return slipway.use{} end)");
    ScriptHost host(folder_.options);
    host.bind_streaming("keep", [&](CallContext&, json::value, ScriptCallback callback) -> Task<json::value> {
        kept = std::move(callback);
        co_return json::value();
    });
    host.bind("use", [&](CallContext&, json::value) -> Task<json::value> { co_return co_await kept(nullptr); });
    ASSERT_TRUE(host.load());
    EXPECT_EQ(outcome(call_main(host)), "unavailable: The operation that was given this function has ended.");
}

TEST_F(ScriptHostTest, OperationsCannotBeCalledWhereLuaCannotWait) {
    for (const char* body : {"table.sort({2, 1}, function(a, b) slipway.echo{} return a < b end)",
                             "('x'):gsub('x', function() slipway.echo{} end)",
                             "table.sort({2, 1}, coroutine.wrap(function() slipway.echo{} end))"})
        EXPECT_NE(run(body).find("cannot be called from here"), std::string::npos) << run(body);
}

TEST_F(ScriptHostTest, ACoroutineThatWaitsCannotBeResumedByAnotherOfTheSameCall) {
    EXPECT_EQ(
        run(R"(
        local co
        co = coroutine.create(function()
            return slipway.count({to = 1}, function()
                local ok, message = pcall(coroutine.resume, co)
                local closed, why = pcall(coroutine.close, co)
                return {ok, message, closed, why}
            end)
        end)
        local ok, answers = coroutine.resume(co)
        return answers[1])"),
        R"([false,"the coroutine is waiting for an operation",false,"the coroutine is waiting for an operation"])");
}

TEST_F(ScriptHostTest, MissingHandlersAndOperationsAreNamed) {
    auto& host = open("return slipway.chats.creat{}");
    EXPECT_EQ(outcome(run_to_end(host.call("other", std::make_shared<CallContext>(), nullptr))),
              "not_found: The application's scripts have no handler(\"other\", …).");
    EXPECT_NE(outcome(call_main(host)).find("routes.lua:1: attempt to call a nil value (field 'creat')"),
              std::string::npos);
    EXPECT_THROW(host.bind("echo", echo), std::logic_error);
    EXPECT_THROW(host.bind("echo.more", echo), std::logic_error);
    EXPECT_THROW(host.bind("Bad Name", echo), std::logic_error);
}

}  // namespace
}  // namespace slipway::app
