#include "store/database/conformance.h"

namespace slipway::test {

using store::Database;
using store::Parameters;
using store::Scope;

std::optional<std::string> failure_of(const DatabaseCheck& check, const DatabasePlaces& places) {
    auto place = places();
    return failure_of_check(check.name, check.run(*place));
}

Task<std::unique_ptr<Database>> open_with_tables(DatabasePlace& place) {
    static constexpr store::Migration kTables[] = {
        {.capability = "conformance",
         .number = 1,
         .sql = "CREATE TABLE item (workspace TEXT NOT NULL, name TEXT NOT NULL, size BIGINT NOT NULL, PRIMARY KEY "
                "(workspace, name));"
                "CREATE TABLE world (name TEXT PRIMARY KEY, value BIGINT NOT NULL CHECK (value >= 0));"
                "CREATE TABLE part (world TEXT NOT NULL REFERENCES world (name));"},
    };
    SLIPWAY_CO_TRY(auto database, place.open());
    SLIPWAY_CO_CHECK(co_await database->migrate(kTables));
    co_return database;
}

Task<void> insert_item(Database& database, WorkspaceId workspace, std::string name, std::int64_t size) {
    Parameters parameters;
    parameters.emplace_back(std::move(name));
    parameters.emplace_back(size);
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.write(std::move(workspace), "INSERT INTO item VALUES ($workspace, $1, $2)",
                                           std::move(parameters)));
    if (rows.changed() != 1) co_return fail(ErrorCode::internal, "an insert changes one row, not {}", rows.changed());
    co_return Result<void>();
}

Task<std::int64_t> count_items(Database& database, WorkspaceId workspace) {
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database.read(std::move(workspace), "SELECT count(*) AS n FROM item WHERE workspace = $workspace"));
    co_return rows.front().integer("n");
}

}  // namespace slipway::test
