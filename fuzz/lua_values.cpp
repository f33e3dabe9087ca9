// JSON through Lua and back, as arguments and results of handlers and operations: the same value, or an error. And what
// Lua's json.decode makes of any text is what our own reader makes of it.
#include <cmath>
#include <fstream>

#include <unistd.h>

#include "app/script/host.h"
#include "base/log.h"
#include "base/text.h"
#include "target.h"

namespace {

using namespace slipway;
using namespace slipway::app;

constexpr std::string_view kScript = R"(
handler('back', function(value) return value end)
handler('operation', function(value) return slipway.echo{value = value}.value end)
handler('encoded', function(value) return json.decode(json.encode{value = value}).value end)
handler('decoded', function(text) return json.decode(text) end)
)";

struct Place {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("slipway-fuzz-lua-" + std::to_string(::getpid()));
    std::unique_ptr<ScriptHost> host;
    Place() {
        log::set_level(fuzz::kSilent);
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "routes.lua") << kScript;
        ScriptOptions options{.folder = folder};
        options.limits.running_time = Milliseconds(60'000);
        host = std::make_unique<ScriptHost>(options);
        host->bind("echo", [](CallContext&, json::value arguments) -> Task<json::value> { co_return arguments; });
        fuzz::require(host->load().has_value(), "the script loads");
    }
    ~Place() {
        host.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    Result<json::value> call(std::string handler, json::value argument) {
        return run_to_end(host->call(std::move(handler), std::make_shared<CallContext>(), std::move(argument)));
    }
};

int depth_of(const json::value& value) {
    int depth = 0;
    if (value.is_array())
        for (const auto& item : value.get_array()) depth = std::max(depth, depth_of(item));
    else if (value.is_object())
        for (const auto& [name, item] : value.get_object()) depth = std::max(depth, depth_of(item));
    else
        return 0;
    return depth + 1;
}

// Above 2^63 an integer becomes a float, and a float without a fraction is written like an integer.
bool same(const json::value& a, const json::value& b) {
    if (a.is_uint64() && a.get_uint64() > INT64_MAX)
        return b.is_number() && b.to_number<double>() == a.to_number<double>();
    if (a.is_double() && b.is_number()) return a.get_double() == b.to_number<double>();
    if (a.is_array() && b.is_array()) return std::ranges::equal(a.get_array(), b.get_array(), same);
    if (a.is_object() && b.is_object()) {
        if (a.get_object().size() != b.get_object().size()) return false;
        for (const auto& [name, item] : a.get_object()) {
            const auto* other = b.get_object().if_contains(name);
            if (other == nullptr || !same(item, *other)) return false;
        }
        return true;
    }
    return a == b;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(lua_values) {
    static Place place;
    const auto value = parse_json(input);
    const auto decoded = place.call("decoded", json::value(to_valid_utf8(input)));
    if (!value) {
        fuzz::require(!decoded || !is_valid_utf8(input), "Lua reads no JSON that is none");
        return;
    }
    const int depth = depth_of(*value);
    if (depth > 60) return;
    fuzz::require(decoded && same(*value, *decoded), "Lua reads the same JSON");
    for (const auto* handler : {"back", "operation", "encoded"}) {
        const auto back = place.call(handler, *value);
        fuzz::require(back.has_value() && same(*value, *back), "the same value comes back");
    }
}
