// The SQL that makes an empty PostgreSQL ready, as text: what the migrations would do when they run, for places that
// make a database from a file (the init folder of a container, an administrator who runs psql).
//
// It creates the role that the application runs as, without a password, all tables with their policies and rights, and
// notes each step in schema_migration, so that a server finds nothing left to migrate. One transaction: it is applied
// whole or not at all, and fails on a database that has the tables. Whoever runs it owns them; what they need is the
// right to make roles and the extension `vector`.
#pragma once

#include <span>
#include <string>

#include "store/database/database.h"

namespace slipway::store {

// `role` has lower-case letters, digits and _, and begins with a letter, else `invalid`. The same for the same
// migrations, so that a file in a tree can be compared.
Result<std::string> postgres_schema_script(std::span<const Migration> migrations, std::string_view role);

}  // namespace slipway::store
