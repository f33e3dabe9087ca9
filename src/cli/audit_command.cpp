// slipway audit
#include <cstdio>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace slipway::cli {
namespace {

json::object wanted_of(const AuditArguments& arguments) {
    json::object wanted{{"user", arguments.user},   {"event", arguments.event},   {"outcome", arguments.outcome},
                        {"from", arguments.from},   {"until", arguments.until},   {"before", arguments.before},
                        {"limit", arguments.limit}, {"all", arguments.export_all}};
    if (!arguments.workspace.empty()) wanted["workspace"] = arguments.workspace;
    return wanted;
}

std::vector<std::string> row_of(const json::object& event) {
    const auto* details = object_in(event, "details");
    auto what = std::string(text_or(event, "event"));
    if (!bool_or(event, "sealed", true)) what += " (CHANGED)";
    return {std::string(text_or(event, "at")),
            std::move(what),
            std::string(text_or(event, "outcome")),
            printable(text_or(event, "user_id")),
            printable(text_or(event, "address")),
            details == nullptr || details->empty() ? std::string() : printable(write_json(*details))};
}

int print_all(Link& link, const AuditArguments& arguments) {
    const auto print = [](const json::object& told) { fmt::print("{}", text_or(told, "lines")); };
    const auto done = link.run("audit", wanted_of(arguments), print);
    return done ? kDone : report(done.error());
}

}  // namespace

int audit(const Target& target, const AuditArguments& arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    if (arguments.export_all) return print_all(**link, arguments);
    const auto page = (*link)->run("audit", wanted_of(arguments));
    if (!page) return report(page.error());
    std::vector<std::vector<std::string>> rows{{"AT", "EVENT", "OUTCOME", "USER", "ADDRESS", "DETAILS"}};
    if (const auto* events = array_in(*page, "events"))
        for (const auto& event : *events)
            if (const auto* object = event.if_object()) rows.push_back(row_of(*object));
    if (rows.size() == 1) {
        fmt::print("There are no such security events.\n");
        return kDone;
    }
    fmt::print("{}", table(rows));
    if (const auto next = text_or(*page, "next"); !next.empty()) fmt::print("More with --before {}\n", next);
    return kDone;
}

}  // namespace slipway::cli
