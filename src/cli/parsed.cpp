#include "cli/parsed.h"

namespace slipway::cli {

CLI::App* command(CLI::App& app, Parsed& parsed, const std::string& name, const std::string& what,
                  bool needs_application) {
    auto* added = app.add_subcommand(name, what);
    if (!needs_application) return added;
    added->add_option("APP", parsed.target.application, "Folder of the application")
        ->required()
        ->envname(kApplicationVariable);
    added->add_option("--data", parsed.target.data, "Folder of the data (default: $DATA, else data/NAME)")
        ->type_name("DIR");
    return added;
}

}  // namespace slipway::cli
