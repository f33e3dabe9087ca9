// What the options of all commands are read into, and how a command about an application begins.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/plan.h"

namespace slipway::cli {

// In a container: its command then needs no argument.
inline constexpr const char* kApplicationVariable = "SLIPWAY_APP";

struct Parsed {
    Target target;
    int code = kDone;
    IngestArguments ingest;
    SearchArguments search;
    UserArguments user;
    TokenArguments token;
    CopyArguments copy;
    JobArguments job;
    AuditArguments audit;
    WorkspaceArguments workspace;
    PlanArguments planned;
    std::string text, path, where, shell, role = "all";
    bool watch = true, schema = false, reference = false, json = false, replace = false, stores = false;
    bool plan = false, contract = false, move_agents = false;
};

// With the application's folder and its data, unless it needs none.
CLI::App* command(CLI::App& app, Parsed& parsed, const std::string& name, const std::string& what,
                  bool needs_application = true);

}  // namespace slipway::cli
