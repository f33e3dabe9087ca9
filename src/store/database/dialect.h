// What SQLite and PostgreSQL write differently. Migrations name it in braces; the few statements that need it ask
// Database::dialect().
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::store {

struct Dialect {
    std::string_view bytes;   // {bytes}: the type of a column of Bytes
    std::string_view serial;  // {serial}: type and constraint of a primary key that counts by itself: `id {serial}`
    // At the end of a SELECT: locks its rows, and passes over those that another transaction has locked. Empty where
    // only one transaction writes at a time; begins with a space otherwise.
    std::string_view skip_locked = {};
    // An expression: the database's clock when the statement runs, in milliseconds. Leases that several processes
    // compare are of this clock, never of a process's own.
    std::string_view clock_ms;
    // Other processes may write at the same time. A SQLite file belongs to one process.
    bool shared = false;
};

inline constexpr Dialect kSqliteDialect{.bytes = "BLOB",
                                        .serial = "INTEGER PRIMARY KEY AUTOINCREMENT",
                                        .clock_ms = "cast((julianday('now') - 2440587.5) * 86400000 as integer)"};

// Replaces {bytes} and {serial}. `internal` for any other word in braces. Braces around anything but lower-case letters
// stay.
Result<std::string> in_dialect(std::string_view sql, const Dialect& dialect);

}  // namespace slipway::store
