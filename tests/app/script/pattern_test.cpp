#include "app/script/pattern.h"

#include <random>

#include <gtest/gtest.h>
#include <lua.hpp>

#include "app/script/fixture.h"
#include "base/text.h"

namespace slipway::app {
namespace {

struct CountingMeter final : StepMeter {
    std::int64_t used = 0;
    std::int64_t limit = INT64_MAX;
    bool charge(std::int64_t steps) noexcept override { return (used += steps) <= limit; }
};

// The linked Lua, with its own string library: what ours is measured against.
class OriginalLua {
 public:
    OriginalLua() : lua_(luaL_newstate()) { luaL_openlibs(lua_); }
    ~OriginalLua() { lua_close(lua_); }
    OriginalLua(const OriginalLua&) = delete;
    OriginalLua& operator=(const OriginalLua&) = delete;

    std::string run(const std::string& code, const std::string& subject, const std::string& pattern) {
        lua_settop(lua_, 0);
        EXPECT_EQ(luaL_loadstring(lua_, code.c_str()), LUA_OK) << lua_tostring(lua_, -1);
        lua_pushlstring(lua_, subject.data(), subject.size());
        lua_pushlstring(lua_, pattern.data(), pattern.size());
        EXPECT_EQ(lua_pcall(lua_, 2, 1, 0), LUA_OK) << lua_tostring(lua_, -1);
        std::size_t size = 0;
        const char* text = lua_tolstring(lua_, -1, &size);
        return {text, size};
    }

 private:
    lua_State* lua_;
};

// Runs one of the functions and describes all its results, or the message of its error, as text. The same source for
// both.
constexpr const char* kDescribe = R"(
    local function describe(...)
        local results = table.pack(...)
        local text = {}
        for i = 1, results.n do text[i] = math.type(results[i]) == "integer" and "#" .. results[i] or tostring(results[i]) end
        return table.concat(text, "|")
    end
    local function all(subject, pattern)
        local found = {}
        for a, b in string.gmatch(subject, pattern) do found[#found + 1] = describe(a, b) end
        return table.concat(found, ";")
    end
    local subject, pattern = ...
    local out = {}
    local function try(...) out[#out + 1] = describe(pcall(...)):gsub("^false|[^:]*:%d+: ", "false|") end
    try(string.find, subject, pattern)
    try(string.find, subject, pattern, -3)
    try(string.find, subject, pattern, 2, true)
    try(string.match, subject, pattern)
    try(string.match, subject, pattern, 3)
    try(all, subject, pattern)
    try(string.gsub, subject, pattern, "<%0%1>")
    try(string.gsub, subject, pattern, "%%x", 2)
    try(string.gsub, subject, pattern, {a = "A", b = true, [1] = "one"})
    try(string.gsub, subject, pattern, function(x) if x ~= "a" then return x .. "!" end end)
    return table.concat(out, "\n"))";

std::string random_text(std::mt19937& random, std::span<const std::string_view> pieces, int pieces_max) {
    std::string text;
    const auto count = random() % static_cast<unsigned>(pieces_max + 1);
    for (unsigned i = 0; i < count; ++i) text += pieces[random() % pieces.size()];
    return text;
}

TEST(ScriptPattern, AnswersAsTheLinkedLuaDoes) {
    constexpr std::string_view subject_pieces[] = {"a",        "b", "ab", "aa", " ", "(",
                                                   ")",        "[", "]",  "%",  "1", "42",
                                                   "-",        "_", "\n", "A",  "Z", std::string_view("\0", 1),
                                                   "\xC3\xA9", ".", "x"};
    constexpr std::string_view pattern_pieces[] = {
        "a",     "b",  "x",  ".",    "%a",     "%d",     "%s",   "%w", "%p",   "%u",   "%A",
        "%z",    "*",  "+",  "-",    "?",      "(",      ")",    "()", "[ab]", "[^a]", "[a-z]",
        "[%d_]", "%1", "%2", "%b()", "%f[%w]", "%f[^a]", "^",    "$",  "%%",   "%-",   "[]]",
        "[^]]",  "[a", "%",  "%b(",  "%f",     "[%",     "[a-]", "%g", "%x",   "\xC3", std::string_view("\0", 1)};
    std::mt19937 random(20261121);
    OriginalLua original;
    ScriptFolder folder;
    folder.write("routes.lua",
                 fmt::format("local function run(...) {} end\nhandler('main', function(a) return run(a[1], a[2]) end)",
                             kDescribe));
    ScriptHost host(folder.options);
    ASSERT_TRUE(host.load());
    for (int i = 0; i < 4000; ++i) {
        const auto subject = random_text(random, subject_pieces, 10);
        const auto pattern = random_text(random, pattern_pieces, 7);
        const json::value argument = json::array{subject, pattern};
        const auto ours = call_main(host, argument);
        ASSERT_TRUE(ours) << outcome(ours);
        const auto theirs = original.run(kDescribe, subject, pattern);
        const json::value expected(to_valid_utf8(theirs));
        ASSERT_EQ(*ours, expected) << "subject " << json::serialize(argument);
    }
}

TEST(ScriptPattern, ReportsWorkWhileItGoes) {
    CountingMeter meter;
    meter.limit = 100'000;
    const std::string subject(40, 'a');
    std::string pattern;
    for (int i = 0; i < 20; ++i) pattern += "a*";
    pattern += "b";
    PatternMatch match(subject, pattern, meter);
    EXPECT_THROW(match.match_at(0), StepsExhausted);
    EXPECT_LT(meter.used, 120'000);
}

TEST(ScriptPattern, ChargesALongSetAndALongBalance) {
    CountingMeter meter;
    meter.limit = 1'000'000;
    const std::string open(3'000'000, '(');
    PatternMatch balance(open, "%b()", meter);
    EXPECT_THROW(balance.match_at(0), StepsExhausted);
    CountingMeter second;
    second.limit = 1'000'000;
    const std::string subject(100'000, 'a');
    const auto negated =
        "[^" + std::string(1'000, 'b') + "]*c";  // each character of the subject costs a thousand steps of the set
    PatternMatch sets(subject, negated, second);
    EXPECT_THROW(sets.match_at(0), StepsExhausted);
    EXPECT_LT(second.used, 1'100'000);
}

TEST(ScriptPattern, RefusesPatternsNestedTooDeeply) {
    CountingMeter meter;
    std::string pattern;
    for (int i = 0; i < 5'000; ++i) pattern += "a?";
    const std::string subject(5'000, 'a');
    PatternMatch match(subject, pattern, meter);
    EXPECT_THROW(match.match_at(0), PatternError);
    std::string captures;
    for (int i = 0; i < 33; ++i) captures += "()";
    PatternMatch many("a", captures, meter);
    EXPECT_THROW(many.match_at(0), PatternError);
}

}  // namespace
}  // namespace slipway::app
