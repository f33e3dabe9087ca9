// A statement of the port in PostgreSQL's words: $workspace becomes the last parameter. And what may be said in which
// scope.
//
// Row-level security stands below and lets nothing of another workspace through. That a statement forgot $workspace is
// still an error here, as in every adapter: it would ask for more than the index by workspace can give, and would be
// wrong in SQLite.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/database/database.h"

namespace slipway::store::postgres {

struct Statement {
    std::string sql;             // with $N in the place of $workspace
    std::size_t parameters = 0;  // that the caller gives
    bool names_workspace = false;
    std::vector<std::string> words;  // identifiers and keywords in it, in lower case, each once
    std::string verb;                // the first of them
};

// Finds parameters and words outside of texts, quoted names and comments. `internal` for a parameter that is neither
// $1, $2 … nor $workspace, and for more than one statement.
Result<Statement> read_statement(std::string_view sql);

// What the catalogue says of the tables that the program uses.
struct Catalogue {
    std::unordered_set<std::string> tables;                                 // views too
    std::unordered_set<std::string> of_workspaces;                          // those with a column `workspace`
    std::unordered_map<std::string, std::vector<std::string>> referencing;  // whose rows may go with a table's
};

struct AllowedStatement {
    Statement statement;
    bool reads = false;                // by its first word; the server refuses what writes all the same
    std::vector<std::string> tables;   // that it names
    std::vector<std::string> written;  // that it may change, by cascade too
    std::string tenant_table;          // one of workspaces that it names; empty: none
};

// Thread safe.
class Statements {
 public:
    using Pointer = std::shared_ptr<const AllowedStatement>;

    // `internal` names the table and the rule that is broken.
    Result<Pointer> allow(const Scope& scope, const std::string& sql, std::size_t parameters);
    void learn(Catalogue catalogue);

 private:
    static constexpr std::size_t kKnownMax = 4096;
    Result<Pointer> find(const std::string& sql);

    std::mutex mutex_;
    Catalogue catalogue_;
    std::unordered_map<std::string, Pointer> known_;
};

}  // namespace slipway::store::postgres
