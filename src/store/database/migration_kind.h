// Whether releases of before go on working after a migration, told from its statements.
//
// A step expands when it only adds what they do not notice: tables, indexes that are not unique, columns that may be
// left out of an INSERT. Any other statement contracts, also one that this reader does not know; so no step can be
// called harmless by mistake. A step that adds and yet is not harmless (older releases would have to write into the
// new table, say) begins with the comment `-- contract: WHY`.
//
// What a step does to tables that it made itself concerns nobody. The rules for steps that contract are in
// docs/operations.md, "Upgrading without a pause"; in short: a contracting step removes only what the release that
// brings it does not use any more, and comes last in it.
#pragma once

#include <string>
#include <string_view>

#include "store/database/database.h"

namespace slipway::store {

enum class MigrationKind : unsigned char { expand, contract };
std::string_view to_string(MigrationKind kind);

MigrationKind kind_of(const Migration& migration);

// The beginning of the first statement that contracts; "" when none does.
std::string contracting_statement(std::string_view sql);

}  // namespace slipway::store
