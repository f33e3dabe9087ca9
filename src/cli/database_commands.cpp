// slipway migrate, copy

#include "cli/commands.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "serve/databases.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kFromVariable = "env:";

// A password in an argument would stand in the list of processes, so URLs may be named by their variable.
Result<std::string> variable(const Environment& environment, const std::string& name) {
    const auto value = environment.get(name);
    if (value && !value->empty()) return *value;
    return fail(ErrorCode::invalid, "The variable {} is not set; it is to hold the URL of a database.", name);
}

Result<std::string> url_of(const Environment& environment, const std::string& given) {
    if (!given.starts_with(kFromVariable)) return given;
    return variable(environment, given.substr(kFromVariable.size()));
}

Result<std::string> owner_url(const Environment& environment, const std::string& name) {
    if (name.empty()) return std::string();
    return variable(environment, name);
}

Result<std::vector<store::CopiedTable>> copied(const Target& target, const CopyArguments& arguments) {
    SLIPWAY_TRY(const auto loaded, load(target));
    SLIPWAY_TRY(const auto from, url_of(loaded.environment, arguments.from));
    SLIPWAY_TRY(const auto to, url_of(loaded.environment, arguments.to));
    SLIPWAY_TRY(const auto owner, owner_url(loaded.environment, arguments.owner_from));
    SLIPWAY_TRY(const auto folder, serve::DataFolder::open(loaded.manifest.data));  // no server writes meanwhile
    const auto progress = [](const store::CopiedTable& table) {
        if (on_terminal()) fmt::print(stderr, "\r\x1b[K{}: {} rows", table.name, table.rows);
    };
    serve::AwsAccess aws(loaded.environment);
    auto done = serve::copy_database(from, to, owner, aws, progress);
    if (on_terminal()) fmt::print(stderr, "\r\x1b[K");
    return done;
}

}  // namespace

int migrate(const Target& target, const std::string& owner_from, bool contract, bool move_agents) {
    const auto done = [&]() -> Result<std::string> {
        SLIPWAY_TRY(const auto loaded, load(target));
        SLIPWAY_TRY(const auto owner, owner_url(loaded.environment, owner_from));
        SLIPWAY_TRY(const auto folder, serve::DataFolder::open(loaded.manifest.data));
        serve::AwsAccess aws(loaded.environment);
        const auto steps = contract ? store::ContractSteps::apply : store::ContractSteps::wait;
        const auto& stores = loaded.manifest.stores;
        SLIPWAY_TRY(auto told, serve::migrate_database(stores, folder, owner, steps, aws));
        if (!move_agents) return told;
        SLIPWAY_TRY(const auto moved, serve::move_agents(stores, folder, aws));
        return told + " " + moved;
    }();
    if (!done) return report(done.error());
    fmt::print("{}\n", *done);
    return kDone;
}

int migration_plan(const Target& target, const std::string& owner_from) {
    const auto waiting = [&]() -> Result<serve::WaitingSteps> {
        SLIPWAY_TRY(const auto loaded, load(target));
        SLIPWAY_TRY(const auto owner, owner_url(loaded.environment, owner_from));
        serve::AwsAccess aws(loaded.environment);
        return serve::waiting_steps(loaded.manifest.stores, owner, aws);
    }();
    if (!waiting) return report(waiting.error());
    const auto* const verdict =
        waiting->blocked
            ? "This release cannot run beside the one before. Roll to a release between, or stop all servers "
              "and use --contract."
        : waiting->contract     ? "Servers of the release before go on working until `slipway migrate --contract`."
        : waiting->text.empty() ? "Nothing waits."
                                : "Servers of the release before go on working.";
    fmt::print("{}{}\n", waiting->text, verdict);
    return waiting->blocked ? kBlocked : waiting->contract ? kContracts : kDone;
}

int print_schema(const Target& target, const std::string& role) {
    const auto loaded = load(target);
    if (!loaded) return report(loaded.error());
    const auto script = serve::database_script(role);
    if (!script) return report(script.error());
    fmt::print(
        "-- The database of {0}: records and search index in one PostgreSQL with pgvector, for the role {1}.\n"
        "-- Made by `slipway migrate APP --print {1}`; do not edit. Run it in an empty database as the owner of the\n"
        "-- tables, who may make roles and the extension. The role has no password until you give it one:\n"
        "--     ALTER ROLE {1} PASSWORD '...';\n\n{2}",
        loaded->manifest.name, role, *script);
    return kDone;
}

int copy(const Target& target, const CopyArguments& arguments) {
    const auto tables = copied(target, arguments);
    if (!tables) return report(tables.error());
    std::vector<std::vector<std::string>> rows{{"TABLE", "ROWS", "SHA-256"}};
    for (const auto& made : *tables)
        rows.push_back({made.name, std::to_string(made.rows), made.checksum.substr(0, 16)});
    fmt::print("{}Both read the same. `slipway reindex` makes the search index of the new one.\n", table(rows));
    return kDone;
}

}  // namespace slipway::cli
