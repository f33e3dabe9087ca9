#include "cli/mistake.h"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"

namespace slipway::cli {
namespace {

// The command that was understood: "slipway users" of `slipway users dance`.
const CLI::App& understood(const CLI::App& app) {
    const auto* command = &app;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    return *command;
}

std::string full_name(const CLI::App& command) {
    return command.get_parent() == nullptr ? command.get_name()
                                           : full_name(*command.get_parent()) + " " + command.get_name();
}

std::vector<std::string_view> commands_of(const CLI::App& app) {
    std::vector<std::string_view> names;
    for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
    return names;
}

std::string unknown(std::string_view what, std::string_view given, std::span<const std::string> known,
                    const CLI::App& command) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    const auto likely = nearest(given, names);
    const auto advice = likely.empty() ? fmt::format("{} --help lists them all.", full_name(command))
                                       : fmt::format("Did you mean {}?", likely);
    return fmt::format("{} has no {} {}. {}", full_name(command), what, given, advice);
}

}  // namespace

std::string mistake_in(const CLI::App& app, const CLI::ParseError& error) {
    const auto& command = understood(app);
    const auto left = command.remaining();
    const auto option = std::ranges::find_if(left, [](const auto& word) { return word.starts_with("-"); });
    if (option != left.end()) {
        std::vector<std::string> options;
        for (const auto* one : command.get_options())
            for (const auto& name : one->get_lnames()) options.push_back("--" + name);
        return unknown("option", *option, options, command);
    }
    const auto commands = commands_of(command);
    if (!commands.empty()) {
        if (left.empty()) return fmt::format("name a command; {} --help lists them.", full_name(command));
        return unknown("command", left.front(), std::vector<std::string>(commands.begin(), commands.end()), command);
    }
    if (!left.empty())
        return fmt::format("{} does not take {}; see {} --help.", full_name(command), left.front(), full_name(command));
    return fmt::format("{}; see {} --help.", error.what(), full_name(command));
}

}  // namespace slipway::cli
