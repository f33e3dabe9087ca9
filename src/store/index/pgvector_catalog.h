// Collections in PostgreSQL: made, renewed, dropped, and swept away (pgvector.h). Internal to this room.
#pragma once

#include "store/database/database.h"
#include "store/index/remote_index.h"

namespace slipway::store::pgvector {

Task<std::optional<RemoteCollection>> look_up(Database& database, std::string name);
Task<void> create(Database& database, std::string name, CollectionOptions options);
// Makes a new generation in the place of the old one, whose rows are swept away afterwards.
Task<void> renew(Database& database, std::string name, CollectionOptions options);
Task<void> drop(Database& database, std::string name);

}  // namespace slipway::store::pgvector
