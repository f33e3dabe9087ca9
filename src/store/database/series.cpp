#include "store/database/database.h"

namespace slipway::store {
namespace {

constexpr Migration kMigrations[] = {
    {.capability = "series",
     .number = 1,
     .sql = "CREATE TABLE series (workspace TEXT NOT NULL, name TEXT NOT NULL, value BIGINT NOT NULL, PRIMARY KEY "
            "(workspace, name))"},
};

}  // namespace

std::span<const Migration> series_migrations() { return kMigrations; }

Task<std::int64_t> next_number(Transaction& transaction, std::string series) {
    std::string sql =
        "INSERT INTO series (workspace, name, value) VALUES ($workspace, $1, 1) "
        "ON CONFLICT (workspace, name) DO UPDATE SET value = series.value + 1 RETURNING value";
    Parameters parameters;
    parameters.emplace_back(std::move(series));
    SLIPWAY_CO_TRY(const Rows rows, co_await transaction.execute(std::move(sql), std::move(parameters)));
    co_return rows.front().integer("value");
}

}  // namespace slipway::store
