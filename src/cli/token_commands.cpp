// slipway tokens list, create, revoke; slipway users import
#include <fstream>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace slipway::cli {
namespace {

constexpr std::size_t kLinesAtOnce = 200;
constexpr std::size_t kBytesAtOnce = 256 << 10;  // of one command to a running server

std::string number_text(const json::object& object, std::string_view key) {
    const auto number = integer_or(object, key, 0);
    return number == 0 ? "" : std::to_string(number);
}

struct Imported {
    std::int64_t imported = 0, present = 0, faults = 0;
};

Result<void> send(Link& link, json::array lines, std::size_t first_line, Imported& so_far) {
    if (lines.empty()) return {};
    SLIPWAY_TRY(const auto outcome,
                link.run("users.import", {{"lines", std::move(lines)}, {"first_line", first_line}}));
    so_far.imported += integer_or(outcome, "imported", 0);
    so_far.present += integer_or(outcome, "present", 0);
    if (const auto* const faults = array_in(outcome, "faults"))
        for (const auto& entry : *faults)
            if (const auto* const fault = entry.if_object()) {
                ++so_far.faults;
                fmt::print(stderr, "line {}: {}\n", integer_or(*fault, "line", 0),
                           printable(text_or(*fault, "message")));
            }
    return {};
}

Result<Imported> import_all(Link& link, std::istream& file) {
    Imported so_far;
    json::array lines;
    std::size_t number = 0, bytes = 0;
    for (std::string line; std::getline(file, line);) {
        if (lines.size() >= kLinesAtOnce || (bytes + line.size() > kBytesAtOnce && !lines.empty())) {
            const auto first = number - lines.size() + 1;
            SLIPWAY_CHECK(send(link, std::move(lines), first, so_far));
            lines = json::array();
            bytes = 0;
        }
        ++number;
        bytes += line.size();
        lines.emplace_back(line);
    }
    const auto first = number - lines.size() + 1;
    SLIPWAY_CHECK(send(link, std::move(lines), first, so_far));
    return so_far;
}

}  // namespace

int users_import(const Target& target, const std::string& path) {
    std::ifstream file(path);
    if (!file) return report(Error{ErrorCode::not_found, fmt::format("{} cannot be read.", path), {}});
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto imported = import_all(**link, file);
    if (!imported) return report(imported.error());
    fmt::print("{} users imported, {} were there already, {} lines were refused.\n", imported->imported,
               imported->present, imported->faults);
    return imported->faults == 0 ? kDone : kFailed;
}

int tokens_list(const Target& target) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("tokens.list", {});
    if (!result) return report(result.error());
    std::vector<std::vector<std::string>> rows{
        {"ID", "KIND", "NAME", "BEGINS WITH", "ROLE", "PER MINUTE", "LAST USED", "ENDS"}};
    if (const auto* const keys = array_in(*result, "keys"))
        for (const auto& entry : *keys)
            if (const auto* const key = entry.if_object())
                rows.push_back({std::string(text_or(*key, "id")), std::string(text_or(*key, "kind")),
                                printable(text_or(*key, "name")), printable(text_or(*key, "prefix")),
                                printable(text_or(*key, "role")), number_text(*key, "rate_per_minute"),
                                std::string(text_or(*key, "last_used_at").substr(0, 10)),
                                std::string(text_or(*key, "expires_at").substr(0, 10))});
    fmt::print("{}", table(rows));
    return kDone;
}

int tokens_create(const Target& target, const TokenArguments& given) {
    auto link = connect(target);
    if (!link) return report(link.error());
    json::object arguments{{"name", given.name}, {"kind", given.kind}, {"role", given.role}, {"user", given.user}};
    json::array scopes;
    for (const auto& scope : given.scopes) scopes.emplace_back(scope);
    if (!scopes.empty()) arguments["scopes"] = std::move(scopes);
    if (given.per_minute > 0) arguments["rate_per_minute"] = given.per_minute;
    if (given.per_day > 0) arguments["rate_per_day"] = given.per_day;
    if (given.days > 0) arguments["expires_in_days"] = given.days;
    const auto made = (*link)->run("tokens.create", std::move(arguments));
    if (!made) return report(made.error());
    fmt::print("{}\n", text_or(*made, "key"));
    fmt::print(stderr, "Keep it now; it cannot be shown again. Its id is {}.\n", text_or(*made, "id"));
    return kDone;
}

int tokens_revoke(const Target& target, const std::string& which) {
    auto link = connect(target);
    if (!link) return report(link.error());
    const auto result = (*link)->run("tokens.list", {});
    if (!result) return report(result.error());
    std::vector<std::string> ids;
    if (const auto* const keys = array_in(*result, "keys"))
        for (const auto& entry : *keys)
            if (const auto* const key = entry.if_object();
                key != nullptr && (text_or(*key, "id") == which || text_or(*key, "prefix") == which))
                ids.emplace_back(text_or(*key, "id"));
    if (ids.size() != 1)
        return report(Error{ErrorCode::not_found,
                            fmt::format("{} is not the id or the beginning of exactly one token. `slipway tokens list` "
                                        "shows all.",
                                        which),
                            {}});
    const auto revoked = (*link)->run("tokens.revoke", {{"id", ids.front()}});
    if (!revoked) return report(revoked.error());
    fmt::print("Revoked.\n");
    return kDone;
}

}  // namespace slipway::cli
