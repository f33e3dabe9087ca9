// slipway users sessions, end-sessions, reset
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/terminal.h"

namespace slipway::cli {

int users_sessions(const Target& target, const UserArguments& arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("users.sessions", {{"name", arguments.name}});
    if (!result) return report(result.error());
    std::vector<std::vector<std::string>> rows{{"SINCE", "LAST USED", "ADDRESS", "DEVICE OR PROGRAM"}};
    if (const auto* sessions = array_in(*result, "sessions"))
        for (const auto& entry : *sessions) {
            const auto* session = entry.if_object();
            if (session == nullptr) continue;
            const auto* device = object_in(*session, "device");
            const auto name = device == nullptr ? text_or(*session, "user_agent") : text_or(*device, "name");
            rows.push_back({std::string(text_or(*session, "created_at").substr(0, 19)),
                            std::string(text_or(*session, "last_used_at").substr(0, 19)),
                            printable(text_or(*session, "address")), printable(name)});
        }
    fmt::print("{}", table(rows));
    return kDone;
}

int users_end_sessions(const Target& target, const UserArguments& arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("users.end_sessions", {{"name", arguments.name}});
    if (!result) return report(result.error());
    fmt::print("{} sessions ended.\n", integer_or(*result, "ended", 0));
    return kDone;
}

int users_reset(const Target& target, const UserArguments& arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("users.reset", {{"name", arguments.name}});
    if (!result) return report(result.error());
    fmt::print("A link to choose a new password is on its way to {}.\n", printable(text_or(*result, "email")));
    return kDone;
}

}  // namespace slipway::cli
