// The database that tests of capabilities run on: SQLite, or the PostgreSQL that SLIPWAY_TEST_DATABASE names
// ("postgresql-18").
#pragma once

#include <cstdlib>
#include <map>

#include "must.h"
#include "store/database/engines/postgres_place.h"

namespace slipway::test {

// Of this place; opened again it has the same data. Throws when the engine was not fetched.
inline Result<std::unique_ptr<store::Database>> open_any_database(const std::filesystem::path& place) {
    const char* const named = std::getenv("SLIPWAY_TEST_DATABASE");
    const std::string_view kind = named ? named : "sqlite";
    if (kind == "sqlite") return store::open_sqlite(place);
    static std::map<std::filesystem::path, std::unique_ptr<PostgresPlace>> places;
    auto& made = places[place];
    if (!made) {
        auto* const server = PostgresServer::of(std::string(kind.substr(kind.find('-') + 1)));
        if (server == nullptr) throw std::runtime_error(fmt::format("{} was not fetched: scripts/engines.sh", kind));
        made = std::make_unique<PostgresPlace>(*server);
    }
    return made->open();
}

}  // namespace slipway::test
