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

static Task<std::int64_t> next(Transaction& transaction, std::string sql, std::string series) {
    Parameters parameters;
    parameters.emplace_back(std::move(series));
    SLIPWAY_CO_TRY(const Rows rows, co_await transaction.execute(std::move(sql), std::move(parameters)));
    co_return rows.front().integer("value");
}

Task<std::int64_t> next_number(Transaction& transaction, std::string series) {
    return next(transaction,
                "INSERT INTO series (workspace, name, value) VALUES ($workspace, $1, 1) "
                "ON CONFLICT (workspace, name) DO UPDATE SET value = series.value + 1 RETURNING value",
                std::move(series));
}

Task<std::int64_t> next_system_number(Transaction& transaction, std::string series) {
    return next(transaction,
                "INSERT INTO series (workspace, name, value) VALUES ('', $1, 1) "
                "ON CONFLICT (workspace, name) DO UPDATE SET value = series.value + 1 RETURNING value",
                std::move(series));
}

}  // namespace slipway::store
