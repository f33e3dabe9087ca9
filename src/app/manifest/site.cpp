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

static void describe(Keys& keys, OwnErrorSection& error) {
    keys.text_map(
        "body", error.body,
        "Fields of the answer, with a dot where one lies inside another: error.message: \"{message}\". There are "
        "{code}, {status}, {message}, {reason}, {request_id}, {retry_after}, {errors}, {details}, {true}, {false}, "
        "{null}.");
    keys.text_map("codes", error.codes,
                  "What clients call a code, or a code with its reason: unauthorized.expired: token_expired.");
    keys.text_map("statuses", error.statuses, "The status of a code, or of a code with its reason: invalid: \"422\".");
    keys.boolean("everywhere", error.everywhere,
                 "Also what no route answers looks like this: unknown paths, bodies that are too long.");
}

void describe(Keys& keys, ScriptSection& script) {
    keys.texts("files", script.files, "Lua files, run in this order. Left out: routes.lua when it exists.");
    static constexpr std::array<Choice<ErrorForm>, 3> kForms{
        {{ErrorForm::standard, "standard"}, {ErrorForm::detail, "detail"}, {ErrorForm::own, "own"}}};
    keys.choice(
        "errors", script.errors, kForms,
        "What errors of its routes look like: standard, detail, the form that FastAPI's clients expect, or own, as "
        "`error` says.");
    keys.section("error", script.error, "Errors in a form of the application's own, for clients that expect it.");
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
