// The databases that manifests and commands name: which adapter, which tables, who owns them.
#pragma once

#include <memory>
#include <string>

#include "app/manifest/server.h"
#include "serve/aws_access.h"
#include "serve/data_folder.h"
#include "store/database/copy.h"
#include "store/database/migration_plan.h"

namespace slipway::serve {

// Of all capabilities, in their order.
std::vector<store::Migration> all_migrations();

// The application's database, with all migrations applied where this process may apply them: in SQLite always, in
// PostgreSQL with stores.database_owner (else `conflict` tells of what is missing). Blocks. `unavailable` when a SQLite
// file is gone that the data folder was used with.
Result<std::unique_ptr<store::Database>> open_database(const app::StoresSection& stores, const DataFolder& folder,
                                                       AwsAccess& aws);

// The PostgreSQL of a search index that is not the database's own, with the tables of the index; as above.
Result<std::unique_ptr<store::Database>> open_index_database(
    const app::StoresSection& stores, AwsAccess& aws, store::ContractSteps contract = store::ContractSteps::wait);
// What agents keep, where stores.agents is a database of its own, with the tables of the search index where that lies
// there; as above. Else none.
Result<std::unique_ptr<store::Database>> open_agents_database(
    const app::StoresSection& stores, AwsAccess& aws, store::ContractSteps contract = store::ContractSteps::wait);
bool agents_are_apart(const app::StoresSection& stores);
bool index_is_in_agents(const app::StoresSection& stores);
bool index_is_in_postgres(const app::StoresSection& stores);
// The same URL: one pool of connections, and one owner.
bool index_is_in_database(const app::StoresSection& stores);

// Where a database is idle=drain: how long nobody may have asked for anything before the database is left alone. A
// connection rests as long before it is closed, so none is open when the time is over that the URL says.
Result<std::optional<Milliseconds>> rest_after(const app::StoresSection& stores);

// `slipway migrate`: as the owner makes or changes the role that the application runs as, and applies what is missing;
// steps that contract where `contract` says so, else they wait. Says what was done.
Result<std::string> migrate_database(const app::StoresSection& stores, const DataFolder& folder,
                                     const std::string& owner_url, store::ContractSteps contract, AwsAccess& aws);

// `slipway migrate --plan`: what it would do, one line for each step; changes nothing.
struct WaitingSteps {
    std::string text;
    bool contract = false;  // some would break servers of the release before; these are left for later
    bool blocked = false;   // and others stand behind them, so that nothing can be applied while those run
};
Result<WaitingSteps> waiting_steps(const app::StoresSection& stores, const std::string& owner_url, AwsAccess& aws);

// `slipway migrate --print`: the SQL that makes an empty PostgreSQL ready for records and a search index in it.
Result<std::string> database_script(const std::string& role);

// `slipway copy`: rows from one database to another, both by URL; `owner_url` applies migrations to a PostgreSQL target
// first.
Result<std::vector<store::CopiedTable>> copy_database(const std::string& from, const std::string& to,
                                                      const std::string& owner_url, AwsAccess& aws,
                                                      const store::CopyProgress& progress);

// `slipway migrate --move-agents`: chats from the time before stores.agents was set. Says what was done.
Result<std::string> move_agents(const app::StoresSection& stores, const DataFolder& folder, AwsAccess& aws);

// Into empty databases that are no files of this machine: the rows of a backup, of this version or an earlier one.
Result<void> restore_rows(const std::filesystem::path& backup, const app::StoresSection& stores,
                          const DataFolder& folder, AwsAccess& aws);

}  // namespace slipway::serve
