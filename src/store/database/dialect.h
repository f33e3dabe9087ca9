// What SQLite and PostgreSQL write differently. Migrations name it in braces; statements have no need of it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::store {

struct Dialect {
    std::string_view bytes;   // {bytes}: the type of a column of Bytes
    std::string_view serial;  // {serial}: type and constraint of a primary key that counts by itself: `id {serial}`
};

inline constexpr Dialect kSqliteDialect{.bytes = "BLOB", .serial = "INTEGER PRIMARY KEY AUTOINCREMENT"};

// Replaces {bytes} and {serial}. `internal` for any other word in braces. Braces around anything but lower-case letters
// stay.
Result<std::string> in_dialect(std::string_view sql, const Dialect& dialect);

}  // namespace slipway::store
