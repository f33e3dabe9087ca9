#include "app/manifest/site.h"

namespace slipway::app {

using std::chrono::hours;
using std::chrono::milliseconds;

static void describe(Keys& keys, ScriptLimits& limits) {
    keys.integer("instructions", limits.instructions, 1000, 100'000'000'000,
                 "Instructions of one call; long work inside library functions counts too.");
    keys.duration("running_time", limits.running_time, milliseconds(1), hours(1),
                  "Time on the processor; waiting does not count.");
    keys.duration("total_time", limits.total_time, milliseconds(1), hours(6),
                  "Time with waiting, until a handler returns.");
    keys.duration("stream_time", limits.stream_time, milliseconds(1), hours(24),
                  "Time with waiting of a stream of events.");
    keys.bytes("memory", limits.memory_bytes, 64 << 10, 4ULL << 30, "Memory that one call may take.");
    keys.bytes("output", limits.output_bytes, 1 << 10, 1ULL << 30,
               "What one call returns, sends and hands to operations.");
    keys.integer("log_lines", limits.log_lines, 0, 100'000, "Lines of print() in one call; more are dropped.");
    keys.bytes("state_memory", limits.state_memory_bytes, 1 << 20, 16ULL << 30, "Memory of a whole Lua state.");
    keys.integer("calls", limits.calls, 1, 1'000'000, "Calls at the same time in one state.");
}

void describe(Keys& keys, ScriptSection& script) {
    keys.texts("files", script.files, "Lua files, run in this order. Left out: routes.lua when it exists.");
    static constexpr std::array<Choice<ErrorForm>, 2> kForms{
        {{ErrorForm::standard, "standard"}, {ErrorForm::detail, "detail"}}};
    keys.choice("errors", script.errors, kForms,
                "What errors of its routes look like: standard, or detail, the form that FastAPI's clients expect.");
    keys.text_map("prefixes", script.prefixes,
                  "Beginnings of its routes that are served elsewhere, such as /api/v1: /api/v2; / leaves them out.");
    keys.section("limits", script.limits, "Limits of one call into Lua.");
}

void describe(Keys& keys, SiteSection& site) {
    keys.boolean("enabled", site.enabled, "Whether there is a page at /.");
    keys.text("title", site.title, "Title of the page; left out: the application's.");
    keys.text("tagline", site.tagline, "A line below the title.");
    keys.texts("starters", site.starters, "Questions that the page offers.");
    keys.boolean("demo", site.demo, "Whether the page offers the demo user, when there is one.");
}

}  // namespace slipway::app
