// What agents keep (chats and their messages) between the application's database and one of their own
// (stores.agents): a backup holds both in one file, so it can be restored with and without the second database.
#pragma once

#include "app/manifest/server.h"
#include "serve/aws_access.h"
#include "serve/data_folder.h"
#include "store/database/database.h"

namespace slipway::serve {

// Their tables in a database of their own, in order.
std::vector<store::Migration> agents_migrations();

// Both are SQLite files: adds the rows of `agents` to the backup of the application's database. Blocks.
Result<void> add_agents_rows(const std::filesystem::path& agents, const std::filesystem::path& database);
// Removes them from a SQLite file of the application's database. Blocks.
Result<void> remove_agents_rows(const std::filesystem::path& database);

// Rows of a backup that is open as SQLite into databases of their own. `conflict` when one of them is not empty;
// nothing was written then. Either may be null: then its part is left out. Blocks.
Result<void> restore_apart(store::Database& backup, store::Database* database, store::Database* agents);

// `conflict` when the application's database holds chats from the time before stores.agents was set, which nobody would
// see. Blocks.
Result<void> refuse_left_behind(store::Database& database);
// Moves them. May be done again after it was cut short. `conflict` when somebody writes there meanwhile. Blocks.
Result<std::string> move_agents_rows(store::Database& database, store::Database& agents);

}  // namespace slipway::serve
