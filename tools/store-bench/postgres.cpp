// "store": "postgres". "operation": "prepare" (makes the table as "owner_url" and fills it with "rows"), "read" (one
// row by its key), "insert". "prefix" keeps the ids of one run apart from those of others.
#include "store/database/postgres/postgres.h"

#include "load.h"

namespace slipway::bench {
namespace {

using store::Parameters;

constexpr store::Migration kTables{"bench", 1,
                                   "create table bench_note (id text primary key, workspace text not null, "
                                   "number bigint not null, title text not null, created_at bigint not null)"};
constexpr std::string_view kRead =
    "select number, title, created_at from bench_note where workspace = $workspace and id = $1";
constexpr std::string_view kInsert =
    "insert into bench_note(id, workspace, number, title, created_at) values ($1, $workspace, $2, $3, $4)";
constexpr std::string_view kFill =
    "insert into bench_note(id, workspace, number, title, created_at) select 'note-' || n, $workspace, n, "
    "'A note of the bench, number ' || n, 1700000000000 + n from generate_series(0, $1::bigint - 1) n";
constexpr std::uint64_t kRows = 10'000;
const WorkspaceId kWorkspace{"one"};

Task<void> prepare(store::Database& database, std::uint64_t rows) {
    SLIPWAY_CO_CHECK(co_await database.migrate(std::span(&kTables, 1)));
    Parameters count{rows};
    SLIPWAY_CO_CHECK(co_await database.write(kWorkspace, std::string(kFill), std::move(count)));
    co_return Result<void>();
}

Task<void> read(store::Database& database, std::uint64_t number) {
    Parameters id{fmt::format("note-{}", number)};
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(kWorkspace, std::string(kRead), std::move(id)));
    if (rows.size() != 1 || rows.front().integer("number") != static_cast<std::int64_t>(number))
        co_return fail(ErrorCode::internal, "Note {} is not there.", number);
    co_return Result<void>();
}

Task<void> insert(store::Database& database, const std::string& prefix, std::uint64_t number) {
    Parameters values{fmt::format("{}-{}", prefix, number), number, "A note of the bench", 1'700'000'000'000};
    SLIPWAY_CO_CHECK(co_await database.write(kWorkspace, std::string(kInsert), std::move(values)));
    co_return Result<void>();
}

}  // namespace

Result<json::object> bench_postgres(const json::object& settings) {
    SLIPWAY_TRY(const auto load, load_of(settings));
    const std::string operation(text_or(settings, "operation")), prefix(text_or(settings, "prefix"));
    const auto rows = static_cast<std::uint64_t>(integer_or(settings, "rows", kRows));
    asio::io_context loop(1);
    store::PostgresOptions options;
    options.url = text_or(settings, "url");
    options.owner_url = text_or(settings, "owner_url");
    SLIPWAY_TRY(const auto database, store::open_postgres(std::move(options)));
    if (operation == "prepare") {
        SLIPWAY_CHECK(run_to_end(prepare(*database, rows)));
        return json::object{};
    }
    if (operation == "read")
        return run_load(loop, load, [&](std::uint64_t turn) { return read(*database, chosen(turn, rows)); });
    if (operation == "insert")
        return run_load(loop, load, [&](std::uint64_t turn) { return insert(*database, prefix, turn); });
    return fail(ErrorCode::invalid, "There is no operation \"{}\".", operation);
}

}  // namespace slipway::bench
