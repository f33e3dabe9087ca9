#include <boost/asio/steady_timer.hpp>

#include "app/script/fixture.h"

namespace slipway::app {
namespace {

struct Bomb {
    const char* name;
    const char* limit;
    const char* body;
};

// Each would run for hours or take all memory.
const Bomb kBombs[] = {
    {"endless loop", "instructions", "while true do end"},
    {"endless loop in pcall", "instructions", "while true do pcall(function() while true do end end) end"},
    {"endless loop in xpcall", "instructions",
     "while true do xpcall(function() while true do end end, function() while true do end end) end"},
    {"endless loop in a message handler", "instructions", "xpcall(error, function() while true do end end)"},
    {"endless loop in a coroutine", "instructions",
     "while true do coroutine.resume(coroutine.create(function() while true do end end)) end"},
    {"endless loop in wrap in pcall", "instructions",
     "while true do pcall(coroutine.wrap(function() while true do end end)) end"},
    {"short coroutines without end", "instructions",
     "while true do local co = coroutine.wrap(function() for i = 1, 100 do end end) co() end"},
    {"endless closing variables", "instructions",
     "while true do local x <close> = setmetatable({}, {__close = function() while true do end end}) end"},
    {"closing variables after the limit", "instructions",
     "local function f(n) local x <close> = setmetatable({}, {__close = function() while true do end end}) if n > 0 "
     "then f(n - 1) end while true do end end f(100)"},
    {"coroutine.close with an endless closing variable", "instructions",
     "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do "
     "end end}) coroutine.yield() end) "
     "coroutine.resume(co) while true do pcall(coroutine.close, co) end"},
    {"endless metamethod", "instructions",
     "local t = setmetatable({}, {__index = function() while true do end end}) return t.x"},
    {"endless __tostring in print", "instructions",
     "print(setmetatable({}, {__tostring = function() while true do end end}))"},
    {"endless iterator", "instructions", "for _ in function() return 1 end do end"},
    {"backtracking in find", "instructions", "return (('a'):rep(40)):find(('a*'):rep(20) .. 'b')"},
    {"backtracking in pcall", "instructions",
     "while true do pcall(string.find, ('a'):rep(40), ('a*'):rep(20) .. 'b') end"},
    {"backtracking in match", "instructions", "return (('a'):rep(40)):match(('a-'):rep(20) .. 'b')"},
    {"backtracking in gsub", "instructions", "return (('a'):rep(40)):gsub(('a?'):rep(60) .. 'b', '')"},
    {"backtracking in gmatch", "instructions", "for _ in (('a'):rep(40)):gmatch(('(a*)'):rep(20) .. 'b') do end"},
    {"a quadratic search", "instructions", "return (('a'):rep(1000000)):find('.-b')"},
    {"a quadratic balance", "instructions", "return (('('):rep(1000000)):find('%b()')"},
    {"rep of nothing", "none, but 0", "return #(''):rep(1 << 60)"},
    {"rep of much", "memory_bytes", "return #('x'):rep(1000000000)"},
    {"rep beyond all sizes", "memory_bytes", "return #('xx'):rep(math.maxinteger)"},
    {"rep in pcall", "memory_bytes", "while true do pcall(string.rep, 'x', 1000000000) end"},
    {"doubling", "memory_bytes", "local s = 'x' while true do s = s .. s end"},
    {"doubling in pcall", "memory_bytes", "local s = 'x' while true do pcall(function() s = s .. s end) end"},
    {"doubling in a coroutine", "memory_bytes",
     "local s = 'x' while true do coroutine.resume(coroutine.create(function() s = s .. s end)) end"},
    {"a gsub bomb", "memory_bytes", "local s = ('x'):rep(1000) while true do s = s:gsub('.', s) end"},
    {"a gsub bomb with captures", "memory_bytes",
     "local s = ('x'):rep(10000) return s:gsub('(.*)', ('%1'):rep(100000))"},
    {"a concat bomb", "memory_bytes",
     "local t = {} local s = ('x'):rep(1000000) for i = 1, 1000 do t[i] = s end return table.concat(t)"},
    {"a format bomb", "memory_bytes",
     "local s = ('x'):rep(1000000) return string.format(('%s'):rep(100), table.unpack((function() local t = {} for i = "
     "1, 100 do t[i] = s end return t end)()))"},
    {"a list without end", "memory_bytes", "local t = {} for i = 1, 1e15 do t[i] = i end"},
    {"a big array at once", "memory_bytes",
     "local t = table.pack(table.unpack({}, 1, 900000)) local u = {} for i = 1, 100 do u[i] = "
     "table.pack(table.unpack({}, 1, 900000)) end"},
    {"coroutines without end", "memory_bytes", "local t = {} while true do t[#t + 1] = coroutine.create(print) end"},
    {"deep recursion in coroutines", "memory_bytes",
     "local t = {} while true do local co = coroutine.wrap(function() local function f(n) if n == 0 then "
     "coroutine.yield() end return f(n - 1) + 1 end f(10000) end) co() t[#t + 1] = co end"},
    {"insert into a table of endless length", "instructions",
     "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 'x')"},
    {"remove from a table of endless length", "instructions",
     "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)"},
    {"move without end", "instructions", "table.move({}, 1, 1 << 60, 2)"},
    {"concat without end", "instructions",
     "table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 1 << 60)"},
    {"sort of much", "instructions", "local t = {} for i = 1, 900000 do t[i] = -i end while true do table.sort(t) end"},
    {"insert at the front without end", "instructions", "local t = {} while true do table.insert(t, 1, 1) end"},
    {"a table that doubles as JSON", "output_bytes", "local t = {} for i = 1, 40 do t = {t, t} end return t"},
    {"an answer that is too long", "output_bytes", "return ('x'):rep(9000000)"},
    {"json.encode without end", "output_bytes", "local s = ('x'):rep(100000) while true do json.encode{s} end"},
};

class ScriptLimit : public testing::TestWithParam<Bomb> {};

TEST_P(ScriptLimit, Ends) {
    ScriptLimits limits;
    const std::string expected = GetParam().limit;
    limits.instructions = expected == "instructions" ? 3'000'000 : 500'000'000;
    // Sanitizers are slow; what is asked here is which limit holds, and that one does.
    limits.running_time = Milliseconds(600'000);
    const auto result = run_script(GetParam().body, limits);
    EXPECT_TRUE(limit_of(result) == expected || outcome(result) == expected)
        << outcome(result) << " / " << limit_of(result);
}

INSTANTIATE_TEST_SUITE_P(Bombs, ScriptLimit, testing::ValuesIn(kBombs), [](const auto& given) {
    std::string name;
    for (const char letter : std::string_view(given.param.name))
        name += std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
    return name;
});

TEST(ScriptLimits, RunningTimeHoldsInLoopsMatchingAndCopying) {
    ScriptLimits limits;
    limits.instructions = INT64_MAX;
    limits.running_time = Milliseconds(50);
    for (const char* body : {"while true do end", "return (('a'):rep(40)):find(('a*'):rep(20) .. 'b')",
                             "local s = ('x'):rep(1000000) while true do local t = s .. s end",
                             "while true do pcall(function() while true do end end) end",
                             "local m = {} m.__call = setmetatable({}, m) return m.__call()"})
        EXPECT_EQ(limit_of(run_script(body, limits)), "running_time") << body;
}

TEST(ScriptLimits, WaitingDoesNotCountAsRunning) {
    ScriptFolder folder;
    folder.options.limits.running_time = Milliseconds(150);
    folder.write("routes.lua", "handler('main', function() for i = 1, 6 do slipway.wait{} end return 'rested' end)");
    ScriptHost host(folder.options);
    host.bind("wait", [](CallContext&, json::value) -> Task<json::value> {
        co_await sleep_for(Milliseconds(50));
        co_return json::value();
    });
    ASSERT_TRUE(host.load());
    EXPECT_EQ(outcome(call_main(host)), "\"rested\"");
}

TEST(ScriptLimits, TotalTimeEndsACallThatWaits) {
    ScriptFolder folder;
    folder.options.limits.total_time = Milliseconds(30);
    folder.write("routes.lua", "handler('main', function() pcall(slipway.wait, {}) return 'never' end)");
    ScriptHost host(folder.options);
    host.bind("wait", [](CallContext&, json::value) -> Task<json::value> {
        co_await sleep_for(Milliseconds(600'000));
        co_return json::value();
    });
    ASSERT_TRUE(host.load());
    const auto result = call_main(host);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
}

TEST(ScriptLimits, CallbacksInsideCallbacksEnd) {
    ScriptFolder folder;
    folder.write("routes.lua",
                 "local function dig() return slipway.call({}, function() return select(2, pcall(dig)) end) end "
                 "handler('main', dig)");
    ScriptHost host(folder.options);
    host.bind_streaming("call", [](CallContext&, json::value, ScriptCallback callback) -> Task<json::value> {
        co_return co_await callback(nullptr);
    });
    ASSERT_TRUE(host.load());
    EXPECT_EQ(limit_of(call_main(host)), "callback_depth");
}

TEST(ScriptLimits, ALimitSpoilsTheStateAndANewOneServes) {
    ScriptFolder folder;
    folder.options.limits.instructions = 1'000'000;
    folder.write("routes.lua",
                 "local shared = {n = 0} handler('main', function(spin) shared.n = shared.n + 1 while spin do end "
                 "return shared.n end)");
    ScriptHost host(folder.options);
    ASSERT_TRUE(host.load());
    EXPECT_EQ(outcome(call_main(host, false)), "1");
    EXPECT_EQ(outcome(call_main(host, false)), "2");
    EXPECT_EQ(limit_of(call_main(host, true)), "instructions");
    EXPECT_EQ(outcome(call_main(host, false)), "1");
}

TEST(ScriptLimits, FilesThatNeverEndLoadingAreRefused) {
    ScriptFolder folder;
    folder.options.limits.instructions = 1'000'000;
    for (const char* text : {"while true do end", "while true do pcall(function() while true do end end) end",
                             "local s = 'x' while true do s = s .. s end"}) {
        folder.write("routes.lua", text);
        ScriptHost host(folder.options);
        const auto loaded = host.load();
        ASSERT_FALSE(loaded) << text;
        EXPECT_EQ(loaded.error().code, ErrorCode::invalid);
    }
}

TEST(ScriptLimits, GarbageOfManyCallsIsCollected) {
    ScriptFolder folder;
    folder.options.limits.state_memory_bytes = 4 << 20;
    folder.write(
        "routes.lua",
        "handler('main', function(n) local t = {} for i = 1, 100 do t[i] = ('x'):rep(1000) .. i end return n end)");
    ScriptHost host(folder.options);
    ASSERT_TRUE(host.load());
    for (int i = 0; i < 300; ++i) ASSERT_EQ(outcome(call_main(host, i)), std::to_string(i));
}

TEST(ScriptLimits, TooManyCallsAtOnceAreRefused) {
    ScriptFolder folder;
    folder.options.limits.calls = 2;
    folder.write(
        "routes.lua",
        "handler('main', function() return slipway.again{} end) handler('leaf', function() return 'leaf' end)");
    ScriptHost host(folder.options);
    host.bind("again", [&](CallContext&, json::value) -> Task<json::value> {
        const std::string name = "main";
        co_return co_await host.call(name, std::make_shared<CallContext>(), nullptr);
    });
    ASSERT_TRUE(host.load());
    EXPECT_EQ(outcome(call_main(host)),
              "unavailable: Too many calls of the application's scripts at once; try again in a moment.");
}

}  // namespace
}  // namespace slipway::app
