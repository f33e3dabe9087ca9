#include "store/queue/effect.h"

namespace slipway::store {
namespace {

constexpr std::size_t kNameBytesMax = 512;

constexpr Migration kMigrations[] = {
    {.capability = "effect",
     .number = 1,
     .sql = "CREATE TABLE queue_effect (workspace TEXT NOT NULL, name TEXT NOT NULL, happened BIGINT NOT NULL, "
            "PRIMARY KEY (workspace, name));"
            "CREATE INDEX queue_effect_happened ON queue_effect (happened);"},
};

}  // namespace

std::span<const Migration> effect_migrations() { return kMigrations; }

Task<bool> first_time(Transaction& transaction, std::string name) {
    if (name.empty() || name.size() > kNameBytesMax)
        co_return fail(ErrorCode::invalid, "The name of an effect has 1 to {} bytes.", kNameBytesMax);
    Parameters parameters;
    parameters.emplace_back(std::move(name));
    parameters.emplace_back(now());
    SLIPWAY_CO_TRY(const auto rows,
                   co_await transaction.execute("INSERT INTO queue_effect (workspace, name, happened) VALUES "
                                                "($workspace, $1, $2) ON CONFLICT (workspace, name) DO NOTHING",
                                                std::move(parameters)));
    co_return rows.changed() == 1;
}

Task<std::int64_t> forget_effects(Database& database, Instant before, std::size_t count_max) {
    Parameters parameters{before, count_max};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.write(Scope::system(),
                                           "DELETE FROM queue_effect WHERE (workspace, name) IN (SELECT workspace, "
                                           "name FROM queue_effect WHERE happened < $1 ORDER BY happened LIMIT $2)",
                                           std::move(parameters)));
    co_return rows.changed();
}

}  // namespace slipway::store
