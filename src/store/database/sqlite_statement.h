// One statement of the SQLite adapter: rules, binding, rows.
#pragma once

#include "store/database/database.h"
#include "store/database/kept_rows.h"
#include "store/database/statement_rules.h"
#include "store/sqlite/connection.h"

namespace slipway::store {

struct StatementRun {
    const Scope& scope;
    const std::string& sql;
    const Parameters& parameters;
    bool must_read_only = false;
    std::size_t result_bytes_max = 64 << 20;
    KeptRows::Change* change = nullptr;  // of the transaction: is told what will be written
};

// The value in a column of the current row; `bytes` grows by its size.
Value cell(const sqlite::Statement& statement, int column, std::size_t& bytes);

// Blocks; on the thread that owns the connection now.
Result<Rows> run_statement(sqlite::Connection& connection, StatementRules& rules, const StatementRun& run);

}  // namespace slipway::store
