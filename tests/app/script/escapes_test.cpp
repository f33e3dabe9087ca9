// More published ways out of Lua sandboxes: the crashes of Lua 5.4's list of bugs and of its CVEs as far as a script
// can reach them, denials of service, and what would be left behind for the next call. Each is contained: it gives the
// answer in its row, or an error that names the limit; and the call after it finds everything as it was.
#include "app/script/fixture.h"

namespace slipway::app {
namespace {

struct Escape {
    const char* name;
    const char* body;
    const char* expected;  // the answer as JSON, or a part of the error, or the name of the limit
};

const Escape kEscapes[] = {
    // Functions that sandboxes forget.
    {"no string pack", "return string.pack == nil and string.unpack == nil and string.packsize == nil", "true"},
    {"no randomseed", "return math.randomseed == nil", "true"},
    {"no warn", "return warn == nil and jit == nil and bit32 == nil and unpack == nil", "true"},
    {"no traceback as a handler", "return xpcall(error, debug and debug.traceback or nil)", "function expected"},
    {"no quoted format", "return string.format('%q', 1 / 0)", "invalid conversion '%q'"},
    {"a chunk through an iterator", "for f in pairs({[print] = 1}) do return f == print end", "true"},

    // Shared tables of the host.
    {"rawset on slipway", "rawset(slipway, 'echo', print)", "cannot be changed by rawset"},
    {"a metatable for slipway", "setmetatable(slipway, {})", "cannot change a protected metatable"},
    {"table insert into slipway", "table.insert(slipway, print)", "slipway is locked"},
    {"sort a library", "table.sort(table) return true", "true"},
    {"remove from a library", "return table.remove(string)", "string is locked"},
    {"the bare table behind a proxy", "local seen = 0 for _ in next, string do seen = seen + 1 end return seen", "0"},
    {"rawget behind a proxy", "return rawget(string, 'rep') == nil and rawlen(string) == 0", "true"},
    {"an _ENV of one's own for a function", "local function f() local _ENV = {} leak = 1 return leak end return f()",
     "1"},
    {"_ENV as a constant", "local _ENV <const> = 11 X = 'hi'", "attempt to index"},
    {"methods of texts are the library's", "return ('x').rep == string.rep and ('x').find == string.find", "true"},
    {"a metatable for nil", "return pcall(setmetatable, nil, {})", "false"},

    // Loops that count nothing.
    {"goto", "::again:: goto again", "instructions"},
    {"an empty for over all integers", "for i = math.mininteger, math.maxinteger do end", "instructions"},
    {"a for over floats that stands still", "for i = 1e308, math.huge, 1 do end", "instructions"},
    {"a for with a tiny step", "for i = 0, 1, 5e-324 do end", "instructions"},
    {"repeat", "repeat until false", "instructions"},
    {"tail calls", "local function f() return f() end return f()", "instructions"},
    {"mutual tail calls through pcall", "local function f() pcall(error) return f() end return f()", "instructions"},
    {"__index on __index",
     "local t = setmetatable({}, {__index = function(t, k) return rawget(t, k) end}) "
     "while true do local _ = t[1] end",
     "instructions"},
    {"__eq without end",
     "local m = {__eq = function() while true do end end} return setmetatable({}, m) == setmetatable({}, m)",
     "instructions"},
    {"__concat without end", "return setmetatable({}, {__concat = function() while true do end end}) .. 'x'",
     "instructions"},
    {"__len without end", "return #setmetatable({}, {__len = function() while true do end end})", "instructions"},
    {"a comparator without end", "table.sort({1, 2}, function() while true do end end)", "instructions"},
    {"gsub with a function without end", "return ('x'):gsub('x', function() while true do end end)", "instructions"},
    {"a coroutine that starts the next", "local function f() coroutine.wrap(function() end)() return f() end f()",
     "instructions"},
    {"coroutines in turn",
     "local a = coroutine.wrap(function() while true do coroutine.yield() end end) while true do a() end",
     "instructions"},
    {"closing variables one after the other",
     "while true do local x <close> = setmetatable({}, {__close = function() error('again') end}) end", "again"},
    {"yield in a closing variable", "local x <close> = setmetatable({}, {__close = coroutine.yield}) return 1",
     "attempt to yield"},

    // Memory.
    {"a separator of rep", "return #('x'):rep(1000, ('y'):rep(1000000))", "memory_bytes"},
    {"all bytes of a long text", "return select('#', ('x'):rep(5000000):byte(1, -1))", "instructions"},
    {"many arguments of char",
     "return #utf8.char(table.unpack((function() local t = {} for i = 1, 200000 do t[i] = 65 end "
     "return t end)()))",
     "200000"},
    {"upvalues that grow", "local f for i = 1, 1e9 do local g = f f = function() return g end end", "memory_bytes"},
    {"keys that grow", "local t = {} for i = 1, 1e9 do t['k' .. i] = true end", "memory_bytes"},
    {"errors that grow", "local e = 'x' while true do local _ _, e = pcall(error, e .. e) end", "memory_bytes"},
    {"a table of tables to itself as JSON", "local t = {} t[1] = t return t", "nested more than 64 levels"},
    {"a key of many bytes as JSON", "return {[('k'):rep(9000000)] = 1}", "instructions"},

    // Crashes in the list of bugs of Lua 5.4 and in CVEs.
    {"stack overflow in an error handler (CVE-2022-33099)",
     "local function loop(x) return 1 + loop(x) end return xpcall(loop, function(m) return loop(m) end)",
     "memory_bytes"},
    {"coroutines inside coroutines (CVE-2021-43519)",
     "local function f() local co = coroutine.create(f) return coroutine.resume(co) end return f() ~= nil", "true"},
    {"an error in __gc (CVE-2021-44647)", "setmetatable({}, {__gc = function() error({}) end})", "not available"},
    {"constants of bits", "local x <const> = 1 << 63 return x >> 63, ~x & 0xFF", "1"},
    {"negative levels of error", "error('x', math.mininteger)", "x"},
    {"select from before the first", "return select(-1000000000, 1)", "index out of range"},
    {"select of the smallest integer", "return select(math.mininteger, 1)", "index out of range"},
    {"next with a key that is not there", "return next({}, 'no')", "invalid key to 'next'"},
    {"tonumber with an odd base", "return tonumber('z', 99)", "base out of range"},
    {"a long numeral", "return tonumber(('9'):rep(100000)) == math.huge", "true"},
    {"codes of invalid UTF-8", "for _ in utf8.codes('\\xff') do end", "invalid UTF-8"},
    {"offset around the end", "return utf8.offset('abc', math.mininteger)", "null"},
    {"length beyond the end", "return utf8.len('abc', 5)", "initial position out of bounds"},
    {"unpack from the smallest integer", "return table.unpack({}, math.mininteger, math.maxinteger)",
     "too many results"},
    {"move around the greatest integer", "table.move({}, 1, 2, math.maxinteger)", "wrap around"},
    {"insert at the greatest integer", "table.insert({}, math.maxinteger, 1)", "out of bounds"},
    {"close a running coroutine", "return coroutine.close(coroutine.create(function() end)) and pcall(coroutine.close)",
     "false"},
    {"resume what is dead",
     "local co = coroutine.create(function() end) coroutine.resume(co) return coroutine.resume(co)", "false"},
    {"an error without a value", "error()", "the error is a nil"},
    {"not a number as a key", "local t = {} t[0 / 0] = 1", "NaN"},
    {"modulo of the smallest integer", "return math.mininteger % -1, math.mininteger // -1", "0"},
};

constexpr std::string_view kProbe = R"(
handler('probe', function()
    local found = {('Ab'):upper(), ('a.b'):gsub('%.', '-'), table.concat({1, 2}, ','), json.encode{1, {a = null}},
        math.type(1), utf8.char(228), tostring(getmetatable('')), tostring(leak), tostring(X), tostring(slipway.echo ~= nil)}
    for name in pairs(_G) do found[#found + 1] = name end
    return found
end)
)";

class ScriptEscape : public testing::TestWithParam<Escape> {};

TEST_P(ScriptEscape, IsContainedAndLeavesNothingBehind) {
    const auto& escape = GetParam();
    ScriptFolder folder;
    folder.options.limits.instructions = 3'000'000;
    folder.options.limits.running_time = Milliseconds(600'000);
    folder.options.entries = {"probe.lua", "routes.lua"};
    folder.write("probe.lua", kProbe);
    folder.write("routes.lua", fmt::format("handler('main', function(argument) {}\nend)", escape.body));
    ScriptHost host(folder.options);
    host.bind("echo", [](CallContext&, json::value arguments) -> Task<json::value> { co_return arguments; });
    const auto loaded = host.load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto probe = [&] {
        return outcome(run_to_end(host.call("probe", std::make_shared<CallContext>(), nullptr)));
    };
    const auto before = probe();
    const auto result = call_main(host);
    const auto answer = outcome(result);
    const bool as_expected = answer == escape.expected || limit_of(result) == escape.expected ||
                             (!result && answer.find(escape.expected) != std::string::npos);
    EXPECT_TRUE(as_expected) << escape.body << "\ngave " << answer << " / " << limit_of(result);
    EXPECT_EQ(probe(), before);
}

INSTANTIATE_TEST_SUITE_P(MorePublishedEscapes, ScriptEscape, testing::ValuesIn(kEscapes), [](const auto& given) {
    std::string name;
    for (const char letter : std::string_view(given.param.name))
        name += std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
    return name;
});

}  // namespace
}  // namespace slipway::app
