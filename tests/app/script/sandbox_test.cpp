// Published ways out of Lua sandboxes, each tried from inside a handler. A row gives what the handler must answer.
#include "app/script/fixture.h"

namespace slipway::app {
namespace {

struct Escape {
    const char* name;
    const char* body;
    const char* expected;  // the answer as JSON, or a part of the error
};

const Escape kEscapes[] = {
    // What must not be there at all.
    {"no os", "return os == nil", "true"},
    {"no io", "return io == nil", "true"},
    {"no debug", "return debug == nil", "true"},
    {"no package", "return package == nil", "true"},
    {"no load", "return load == nil and loadstring == nil and loadfile == nil and dofile == nil", "true"},
    {"no string.dump", "return string.dump == nil and ('x').dump == nil", "true"},
    {"no setfenv", "return setfenv == nil and getfenv == nil and newproxy == nil and module == nil", "true"},
    {"no finalizers by collectgarbage", "collectgarbage('stop')", "collectgarbage(\"stop\") is not available"},
    {"collectgarbage counts only", "return collectgarbage('count') > 0", "true"},
    {"no bytecode through require", "return require('bytecode')", "must stand at the top of a file"},
    {"no path out of the folder", "return require('../../etc/passwd')", "must stand at the top of a file"},
    {"no registry through the environment", "return _G._G == _G and rawget(_G, 'print') == nil", "true"},
    {"no loaded modules", "return _LOADED == nil and _PRELOAD == nil and _G.package == nil", "true"},

    // Tampering with what requests share.
    {"string metatable is hidden", "return getmetatable('')", "false"},
    {"string index cannot be replaced", "getmetatable('').__index = nil", "attempt to index a boolean value"},
    {"string functions cannot be replaced", "string.find = nil", "string is locked: it cannot be changed"},
    {"rawset on a library", "rawset(string, 'find', print)", "cannot be changed by rawset"},
    {"rawset on the environment", "rawset(_G, 'print', nil)", "cannot be changed by rawset"},
    {"setmetatable on the environment", "setmetatable(_G, {})", "cannot change a protected metatable"},
    {"setmetatable on a library", "setmetatable(string, {})", "cannot change a protected metatable"},
    {"metatable of the environment is hidden", "return getmetatable(_G)", "false"},
    {"a new global", "leak = 1", "routes.lua:1: the global 'leak' cannot be set once the files are loaded"},
    {"an existing global", "print = nil", "the global 'print' cannot be set"},
    {"_G by name", "_G['tostring'] = nil", "the global 'tostring' cannot be set"},
    {"_ENV is only a local", "local _ENV = {} x = 5 return x", "5"},
    {"table.insert into a library", "table.insert(string, print)", "string is locked"},
    {"table.move into the environment", "table.move({1, 2}, 1, 2, 1, _G)", "the global '?' cannot be set"},
    {"pairs over the environment shows nothing", "local n = 0 for _ in pairs(_G) do n = n + 1 end return n", "0"},
    {"next on a library shows nothing", "return next(string) == nil", "true"},
    {"operations are locked", "slipway.anything = 1", "slipway is locked"},
    {"route is locked", "route.get = 1", "route is locked"},
    {"the mark of arrays is hidden", "return getmetatable(array{})", "false"},
    {"the mark of arrays is protected", "setmetatable(array{}, {})", "cannot change a protected metatable"},
    {"the mark of errors is hidden", "local _, e = pcall(json.decode, '{') return getmetatable(e)", "false"},
    {"the mark of answers is hidden", "return getmetatable(respond(200))", "false"},
    {"no routes while handling", "route.get('/x', function() end)",
     "routes can only be declared while the files are loaded"},
    {"no handlers while handling", "handler('x', function() end)",
     "handlers can only be declared while the files are loaded"},
    {"numbers have no metatable to change",
     "return getmetatable(5) == nil and getmetatable(print) == nil and getmetatable(null) == nil", "true"},

    // Addresses help exploits.
    {"no address of a table", "return tostring({})", "\"table\""},
    {"no address of a function", "return tostring(print) .. tostring(function() end)", "\"functionfunction\""},
    {"no address in format", "return string.format('%s', {})", "\"table\""},
    {"no %p", "return string.format('%p', {})", "invalid conversion '%p'"},
    {"no address of a coroutine", "return tostring(coroutine.create(print))", "\"thread\""},
    {"no address in error messages", "return select(2, pcall(error, {})) ~= nil", "true"},

    // Code that would run without its limits.
    {"__gc", "setmetatable({}, {__gc = function() while true do end end})", "finalizers (__gc) are not available"},
    {"__gc inherited by __index", "setmetatable({}, setmetatable({}, {__index = {__gc = print}})) return 1", "1"},
    {"__gc added later is never called", "local m = {} setmetatable({}, m) m.__gc = function() error('x') end return 1",
     "1"},
    {"yield across the handler", "coroutine.yield(5)", "attempt to yield from outside a coroutine"},
    {"the thread of the call cannot be had", "local t, main = coroutine.running() return {t == nil, main}",
     "[true,true]"},
    {"a coroutine cannot resume itself", "local co co = coroutine.wrap(function() return co() end) return pcall(co)",
     "false"},
    {"error with a __tostring that fails", "error(setmetatable({}, {__tostring = function() error('x') end}))",
     "internal: the error is a table"},
    {"error with a __tostring that loops", "error(setmetatable({}, {__tostring = function() while true do end end}))",
     "internal: the error is a table"},
    {"__tostring that gives no text", "return tostring(setmetatable({}, {__tostring = function() return {} end}))",
     "'__tostring' must return a string"},
    {"__name does not fool anybody", "return tostring(setmetatable({}, {__name = 'FILE*'}))", "\"table\""},
    {"__metatable of one's own is fine", "return getmetatable(setmetatable({}, {__metatable = 'mine'}))", "\"mine\""},
    {"__pairs of one's own is fine",
     "local n for k in pairs(setmetatable({}, {__pairs = function() return function(_, k) if not k then return 1 end "
     "end end})) do n = k end return n",
     "1"},

    // Crashes of older Lua versions.
    {"deep recursion", "local function f() return 1 + f() end return f()", "limit of memory_bytes"},
    {"deep recursion through pcall", "local function f() return pcall(f) end return (f())", "true"},
    {"deep recursion through metamethods",
     "local t = {} setmetatable(t, {__index = function(t, k) return t[k + 1] end}) return t[1]", "C stack overflow"},
    {"deep recursion through __tostring",
     "local t t = setmetatable({}, {__tostring = function() return tostring(t) end}) return tostring(t)",
     "C stack overflow"},
    {"deep recursion through gsub", "local function f(s) return s:gsub('.', f) end return f('x')", "C stack overflow"},
    {"deep recursion through sort", "local function f(a, b) table.sort({1, 2}, f) return false end f()",
     "C stack overflow"},
    {"coroutines in coroutines", "local function f() return coroutine.wrap(f)() end return f()", "C stack overflow"},
    {"a cycle of __index",
     "local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) return a.x",
     "'__index' chain too long"},
    {"many nested tables in JSON", "local t = {} for i = 1, 1000 do t = {t} end return t",
     "nested more than 64 levels"},
    {"many nested arrays from JSON", "return json.decode(('['):rep(100000))", "invalid:"},
    {"%99999d", "return string.format('%99999d', 1)", "width or precision has more than 2 digits"},
    {"%.99f of the greatest number", "return #string.format('%99.99f', -1.7976931348623157e308)", "410"},
    {"format without values", "return string.format('%s %s', 'a')", "bad argument #3 to 'format' (no value)"},
    {"unpack of too much", "return table.unpack({}, 1, 1e8)", "too many results to unpack"},
    {"unpack around the greatest integer", "return select('#', table.unpack({}, math.maxinteger - 1, math.maxinteger))",
     "2"},
    {"concat around the greatest integer",
     "return table.concat({[math.maxinteger] = 'x'}, '', math.maxinteger, math.maxinteger)", "\"x\""},
    {"a comparator that contradicts itself",
     "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end) return #t", "1000"},
    {"utf8 beyond its range", "return utf8.char(0x7FFFFFFF) ~= nil", "true"},
    {"patterns that end within an escape", "return ('x'):find('%')", "malformed pattern (ends with '%')"},
    {"patterns with a position reference", "return ('abc'):gsub('()%1', '') == 'abc'", "true"},
    {"goto continue and integer division by zero", "return 1 // 0", "internal: routes.lua:1: attempt to"},
    {"integer overflow in a loop", "local n = 0 for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end return n",
     "2"},
    {"closing a coroutine inside its closing", R"(
        local function nest(n)
            local co = coroutine.create(function()
                local x <close> = setmetatable({}, {__close = function() if n > 0 then nest(n - 1) end end})
                coroutine.yield()
            end)
            coroutine.resume(co)
            return coroutine.close(co)
        end
        return nest(100000))",
     "true"},
};

class ScriptSandbox : public testing::TestWithParam<Escape> {};

TEST_P(ScriptSandbox, HoldsAgainst) {
    const auto& escape = GetParam();
    const auto answer = outcome(run_script(escape.body));
    const std::string_view expected = escape.expected;
    if (answer != expected) EXPECT_NE(answer.find(expected), std::string::npos) << escape.body << "\ngave " << answer;
}

INSTANTIATE_TEST_SUITE_P(PublishedEscapes, ScriptSandbox, testing::ValuesIn(kEscapes), [](const auto& given) {
    std::string name;
    for (const char letter : std::string_view(given.param.name))
        name += std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
    return name;
});

TEST(ScriptSandboxFiles, BytecodeIsNotLoaded) {
    ScriptFolder folder;
    folder.write("routes.lua", std::string_view("\x1BLua\x54\x00\x19\x93\r\n\x1A\n", 12));
    ScriptHost host(folder.options);
    const auto loaded = host.load();
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().message.find("attempt to load a binary chunk"), std::string::npos)
        << loaded.error().message;
}

TEST(ScriptSandboxFiles, RequireFindsOnlyFilesOfTheFolder) {
    ScriptFolder outside;
    outside.write("secret.lua", "return 'secret'");
    ScriptFolder folder;
    folder.write("lib/text.lua", "local text = {} function text.shout(s) return s:upper() .. '!' end return text");
    std::filesystem::create_symlink(outside.path() / "secret.lua", folder.path() / "linked.lua");
    folder.write("routes.lua",
                 "local text = require('lib.text') assert(text == require('lib.text')) handler('main', function() "
                 "return text.shout('hi') end)");
    ScriptHost host(folder.options);
    ASSERT_TRUE(host.load());
    EXPECT_EQ(outcome(run_to_end(host.call("main", std::make_shared<CallContext>(), nullptr))), "\"HI!\"");
    for (const auto* name : {"linked",
                             "../"
                             "secret",
                             "/etc/passwd", "lib/text", "lib..text", "", ".", "Lib.text", "lib.text\\0"}) {
        folder.write("routes.lua", fmt::format("require('{}')", name));
        const auto loaded = host.reload();
        ASSERT_FALSE(loaded) << name;
        EXPECT_NE(loaded.error().message.find("there is no module"), std::string::npos) << loaded.error().message;
    }
    folder.write("a.lua", "require('b')");
    folder.write("b.lua", "require('a')");
    folder.write("routes.lua", "require('a')");
    const auto cycle = host.reload();
    ASSERT_FALSE(cycle);
    EXPECT_NE(cycle.error().message.find("requires itself"), std::string::npos);
}

TEST(ScriptSandboxFiles, GlobalsOfFilesAreThereForHandlersToRead) {
    ScriptFolder folder;
    folder.write("routes.lua",
                 "limit = 5 function double(x) return x * 2 end handler('main', function() return double(limit) end)");
    ScriptHost host(folder.options);
    ASSERT_TRUE(host.load());
    EXPECT_EQ(outcome(call_main(host)), "10");
}

TEST(ScriptSandboxFiles, TimeAndJsonAreOffered) {
    EXPECT_EQ(outcome(run_script("return {iso_time(0), math.type(time()), time() > 1700000000000}")),
              R"(["1970-01-01T00:00:00.000Z","integer",true])");
    EXPECT_EQ(outcome(run_script(
                  "local v = json.decode('{\"a\":[1,null,{}],\"b\":[]}') return {v.a[2] == null, json.encode(v)}")),
              R"([true,"{\"a\":[1,null,{}],\"b\":[]}"])");
    EXPECT_EQ(outcome(run_script("local ok, e = pcall(json.decode, '{') return {ok, e.code}")), R"([false,"invalid"])");
}

}  // namespace
}  // namespace slipway::app
