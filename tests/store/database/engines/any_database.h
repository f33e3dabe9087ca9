// The database that tests of capabilities run on: SQLite, or the PostgreSQL that SLIPWAY_TEST_DATABASE names
// ("postgresql-18").
#pragma once

#include <cstdlib>
#include <map>

#include "must.h"
#include "store/database/engines/postgres_server.h"
#include "store/database/postgres/postgres.h"
#include "store/database/sqlite.h"

namespace slipway::test {

// Of this place; opened again it has the same data. Throws when the engine was not fetched.
inline Result<std::unique_ptr<store::Database>> open_any_database(const std::filesystem::path& place) {
    const char* const named = std::getenv("SLIPWAY_TEST_DATABASE");
    const std::string_view kind = named ? named : "sqlite";
    if (kind == "sqlite") return store::open_sqlite(place);
    auto* const server = PostgresServer::of(std::string(kind.substr(kind.find('-') + 1)));
    if (server == nullptr) throw std::runtime_error(fmt::format("{} was not fetched: scripts/engines.sh", kind));
    static std::map<std::filesystem::path, store::PostgresOptions> places;
    auto [options, is_new] = places.try_emplace(place);
    if (is_new) {
        const auto database = server->create_database();
        options->second.url = server->url(server->create_role(), database);
        options->second.owner_url = server->owner_url(database);
    }
    return store::open_postgres(options->second);
}

}  // namespace slipway::test
