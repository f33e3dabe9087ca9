// slipway workspaces
#include <cstdio>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace slipway::cli {
namespace {

int print_rows(const json::object& answer, std::string_view list, std::vector<std::string> columns) {
    std::vector<std::vector<std::string>> rows{columns};
    if (const auto* entries = array_in(answer, list))
        for (const auto& entry : *entries) {
            const auto* object = entry.if_object();
            if (object == nullptr) continue;
            std::vector<std::string> row;
            for (const auto& column : columns) {
                const auto* value = find(*object, column);
                row.push_back(value == nullptr     ? ""
                              : value->is_string() ? printable(to_text(value->get_string()))
                                                   : write_json(*value));
            }
            rows.push_back(std::move(row));
        }
    fmt::print("{}", table(rows));
    return kDone;
}

}  // namespace

int workspaces_list(const Target& target, bool json_wanted) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto answer = (*link)->run("workspaces.list", {});
    if (!answer) return report(answer.error());
    if (!json_wanted)
        return print_rows(*answer, "workspaces", {"id", "slug", "name", "member_count", "suspended", "created_at"});
    fmt::print("{}\n", write_json(*answer));
    return kDone;
}

int workspaces_members(const Target& target, const WorkspaceArguments& arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto answer = (*link)->run("workspaces.members", {{"workspace", arguments.workspace}});
    if (!answer) return report(answer.error());
    return print_rows(*answer, "members", {"user_id", "username", "email", "role", "created_at"});
}

int workspaces_change(const Target& target, std::string_view verb, const WorkspaceArguments& arguments) {
    auto link = connect(target);
    if (!link) return report(link.error());
    json::object given{{"workspace", arguments.workspace},
                       {"owner", arguments.owner},
                       {"name", arguments.name},
                       {"slug", arguments.slug},
                       {"reason", arguments.reason}};
    const auto answer = (*link)->run(fmt::format("workspaces.{}", verb), std::move(given));
    if (!answer) return report(answer.error());
    fmt::print("{}  {}  {}\n", text_or(*answer, "id"), printable(text_or(*answer, "slug")),
               printable(text_or(*answer, "name")));
    return kDone;
}

}  // namespace slipway::cli
