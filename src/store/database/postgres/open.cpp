#include <algorithm>

#include "store/database/postgres/adapter.h"
#include "store/database/postgres/postgres.h"

namespace slipway::store {
namespace {

// Before a name that the URL gives: PostgreSQL keeps the first 63 bytes.
void name_program(postgres::Target& target, std::size_t steps_known) {
    auto name = fmt::format("slipway steps={}", steps_known);
    for (auto& [keyword, value] : target.keywords)
        if (keyword == "application_name") value = name + " " + value;
    target.keywords.emplace(target.keywords.begin(), "application_name", std::move(name));
}

}  // namespace

postgres::PoolOptions PostgresOptions::owner_pool() const {
    auto owner = pool;
    owner.password = nullptr;  // the token is the application's
    return owner;
}

std::span<const TableAboveWorkspaces> PostgresOptions::reasons_beside(std::span<const AppliedMigration> applied) const {
    const auto is_known = [this](const AppliedMigration& row) {
        return std::ranges::any_of(known_steps, [&](const Migration& step) {
            return step.capability == row.capability && step.number == row.number;
        });
    };
    if (!known_steps.empty() && !std::ranges::all_of(applied, is_known)) return {};
    return above_workspaces;
}

Result<std::unique_ptr<Database>> open_postgres(PostgresOptions options) {
    SLIPWAY_TRY(const auto* const pq, postgres::libpq());
    SLIPWAY_TRY(auto target, postgres::parse_url(*pq, options.url));
    name_program(target, options.known_steps.size());
    if (!options.owner_url.empty()) {
        SLIPWAY_TRY(auto owner, postgres::parse_url(*pq, options.owner_url));
        // Until it has migrated, the application's role may not exist.
        owner.connections_max = 1;
        const auto pool = postgres::Pool::make(*pq, std::move(owner), options.owner_pool());
        auto there = run_to_end(pool->wait_for_server(options.start_time_max));
        pool->close();
        SLIPWAY_CHECK(std::move(there));
    }
    auto pool = postgres::Pool::make(*pq, std::move(target), options.pool);
    auto database = std::make_unique<postgres::PostgresDatabase>(pool, options);
    if (options.owner_url.empty()) SLIPWAY_CHECK(run_to_end(pool->wait_for_server(options.start_time_max)));
    return database;
}

}  // namespace slipway::store
