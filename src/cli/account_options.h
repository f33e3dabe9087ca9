// Options of the commands on accounts: users, tokens, keys, workspaces, audit.
#pragma once

#include "cli/parsed.h"

namespace slipway::cli {

void add_users(CLI::App& app, Parsed& parsed);
void add_tokens(CLI::App& app, Parsed& parsed);
void add_keys(CLI::App& app, Parsed& parsed);
void add_workspaces(CLI::App& app, Parsed& parsed);
void add_audit(CLI::App& app, Parsed& parsed);

}  // namespace slipway::cli
