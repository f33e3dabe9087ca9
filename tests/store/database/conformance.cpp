#include "store/database/conformance.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

namespace slipway::test {

using store::Database;
using store::Parameters;
using store::Scope;

Result<void> expect(bool holds, std::string_view what) {
    if (holds) return {};
    return fail(ErrorCode::internal, "expected: {}", what);
}

Result<void> expect_error(const Result<void>& result, ErrorCode code, std::string_view what) {
    if (result) return fail(ErrorCode::internal, "expected {} for: {}; it succeeded", to_string(code), what);
    if (result.error().code == code) return {};
    return fail(ErrorCode::internal, "expected {} for: {}; got {}: {}", to_string(code), what,
                to_string(result.error().code), result.error().message);
}

Result<void> first_failure(const std::vector<Result<void>>& results) {
    for (const auto& result : results) {
        if (!result) return result;
    }
    return {};
}

asio::awaitable<std::vector<Result<void>>> all_of(std::vector<Task<void>> tasks) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer ended(executor, std::chrono::hours(24));
    std::vector<Result<void>> results(tasks.size());
    std::size_t left = tasks.size();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        auto on_end = [&, i](std::exception_ptr thrown, Result<void> result) {
            results[i] = std::move(result);
            if (thrown) results[i] = fail(ErrorCode::internal, "An exception reached the caller.");
            if (--left == 0) ended.cancel();
        };
        asio::co_spawn(executor, std::move(tasks[i]), on_end);
    }
    if (left > 0) co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return results;
}

std::optional<std::string> failure_of(const DatabaseCheck& check, const DatabasePlaces& places) {
    auto place = places();
    try {
        const auto result = run_to_end(check.run(*place));
        if (!result) return fmt::format("{}: {}", check.name, result.error().message);
    } catch (const std::exception& error) {
        return fmt::format("{}: exception {}", check.name, error.what());
    }
    return std::nullopt;
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
