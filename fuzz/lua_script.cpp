// The body of a handler, any text. It ends, within its limits; and whatever it did, the next call finds the libraries
// as they were.
#include <fstream>

#include <unistd.h>

#include "app/script/host.h"
#include "app/script/lua.h"
#include "base/log.h"
#include "target.h"

namespace {

using namespace slipway;
using namespace slipway::app;

constexpr std::string_view kProbe = R"(
local libraries = {string = string, table = table, math = math, utf8 = utf8, coroutine = coroutine, json = json}
handler('probe', function()
    local seen = {('Ab'):upper(), ('a.b'):gsub('%.', '-'), table.concat({1, 2}, ','), tostring(getmetatable('')),
        json.encode{1, {a = null}}, math.type(1), utf8.char(228), type(print), tostring(pcall(error)), _VERSION,
        tostring(rawget(_G, 'string')), tostring(leak), tostring(os), tostring(io), tostring(debug), tostring(load)}
    for name, library in pairs(libraries) do seen[#seen + 1] = tostring(_G[name] == library) end
    return seen
end)
)";

struct Place {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("slipway-fuzz-script-" + std::to_string(::getpid()));
    lua_State* plain = luaL_newstate();
    Place() {
        log::set_level(fuzz::kSilent);
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "probe.lua") << kProbe;
    }
    ~Place() {
        lua_close(plain);
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    // Only a whole block of statements is a body: `end) x = 1 --` would leave it.
    bool is_block(std::string_view text) const {
        const bool whole = luaL_loadbufferx(plain, text.data(), text.size(), "body", "t") == LUA_OK;
        lua_settop(plain, 0);
        return whole;
    }
};

Result<json::value> call(ScriptHost& host, std::string handler) {
    return run_to_end(host.call(std::move(handler), std::make_shared<CallContext>(), json::object{{"a", 1}}));
}

}  // namespace

SLIPWAY_FUZZ_TARGET(lua_script) {
    static const Place place;
    if (input.size() > 4000 || input.starts_with('#') || !place.is_block(input)) return;
    std::ofstream(place.folder / "routes.lua", std::ios::binary)
        << "handler('main', function(argument) " << input << "\nend)";
    ScriptOptions options{.folder = place.folder, .entries = {"probe.lua", "routes.lua"}};
    options.limits.instructions = 200'000;
    options.limits.memory_bytes = 4 << 20;
    options.limits.output_bytes = 1 << 20;
    options.limits.running_time = Milliseconds(60'000);
    ScriptHost host(options);
    host.bind("echo", [](CallContext&, json::value arguments) -> Task<json::value> { co_return arguments; });
    if (!host.load()) return;
    const auto before = call(host, "probe");
    fuzz::require(before.has_value(), "the probe answers");
    const auto outcome = call(host, "main");
    if (!outcome) fuzz::require(!outcome.error().message.empty(), "errors are for people");
    const auto after = call(host, "probe");
    fuzz::require(after && *after == *before, "nothing is left behind");
}
