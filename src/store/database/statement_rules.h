// What a statement may do in a scope, decided once per SQL text: parameters are $1, $2 … and $workspace, tenancy holds,
// and transactions stay the adapter's. For the SQLite adapter.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/database/database.h"
#include "store/sqlite/connection.h"

namespace slipway::store {

struct StatementRule {
    static constexpr std::size_t kWorkspace = 0;
    static constexpr const char* kSchema = "sqlite_master";  // where SQLite keeps what tables there are
    std::vector<std::size_t> sources;  // per parameter of SQLite: kWorkspace, or the number after the $
    std::size_t parameters = 0;        // how many values the caller has to give
    bool names_workspace = false;
    bool reads_only = false;
    bool changes_schema = false;
    std::vector<std::string> tables;   // that it touches, and kSchema
    std::vector<std::string> written;  // those of them that it changes
    std::string tenant_table;          // a table it touches that has a column `workspace`; empty: none
};

// Thread safe.
class StatementRules {
 public:
    using Pointer = std::shared_ptr<const StatementRule>;

    // Checks the SQL against the scope. `internal` names the table and the rule that is broken.
    Result<Pointer> allow(sqlite::Connection& connection, const Scope& scope, const std::string& sql,
                          std::size_t parameters);
    // After a change of the schema.
    void forget();

 private:
    Result<Pointer> find(sqlite::Connection& connection, const std::string& sql);

    std::mutex mutex_;
    std::unordered_map<std::string, Pointer> rules_;
};

}  // namespace slipway::store
