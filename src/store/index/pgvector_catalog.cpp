#include "store/index/pgvector_catalog.h"

#include "base/log.h"
#include "store/index/collection_options.h"

namespace slipway::store::pgvector {
namespace {

constexpr std::size_t kDimensionMax = 16'000;  // of pgvector's type
constexpr std::size_t kRowsAtOnce = 5'000;     // of a sweep, in one transaction
// The space goes last: it is by it that a sweep which was interrupted is seen to be unfinished, as by the generation.
constexpr std::string_view kSwept[] = {"index_passage", "index_posting", "index_waiting", "index_space"};

Result<void> check_dimension(const CollectionOptions& options) {
    if (options.dimension <= kDimensionMax) return {};
    return fail(ErrorCode::invalid, "Vectors of {} dimensions are too large for pgvector; it takes {}.",
                options.dimension, kDimensionMax);
}

// Another one may be faster.
Task<void> make(Transaction& transaction, std::string name, std::string options) {
    Parameters parameters{std::move(name), std::move(options)};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "INSERT INTO index_collection (name, options) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        std::move(parameters)));
    co_return Result<void>();
}

Task<void> make_anew(Transaction& transaction, std::string name, std::string options) {
    Parameters parameters{name};
    SLIPWAY_CO_CHECK(
        co_await transaction.execute("UPDATE index_collection SET name = NULL WHERE name = $1", std::move(parameters)));
    co_return co_await make(transaction, std::move(name), std::move(options));
}

Task<void> sweep_table(Database& database, std::string_view table, std::int64_t generation) {
    const auto sql =
        fmt::format("DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE collection = $1 LIMIT {1}))",
                    table, kRowsAtOnce);
    for (;;) {
        Parameters parameters{generation};
        SLIPWAY_CO_TRY(const auto rows, co_await database.write(Scope::system(), sql, std::move(parameters)));
        if (static_cast<std::size_t>(rows.changed()) < kRowsAtOnce) co_return Result<void>();
    }
}

// What generations without a name have left, of processes too that ended in the middle of this. The graph goes first,
// so that no row has to be taken out of it.
Task<void> sweep(Database& database) {
    SLIPWAY_CO_TRY(const auto gone,
                   co_await database.read(Scope::system(), "SELECT number FROM index_collection WHERE name IS NULL"));
    for (const auto row : gone) {
        const auto generation = row.integer("number");
        Parameters which{generation};
        SLIPWAY_CO_CHECK(co_await database.write(Scope::system(), "SELECT index_drop_near($1)", std::move(which)));
        for (const auto table : kSwept) SLIPWAY_CO_CHECK(co_await sweep_table(database, table, generation));
        Parameters last{generation};
        SLIPWAY_CO_CHECK(co_await database.write(
            Scope::system(), "DELETE FROM index_collection WHERE number = $1 AND name IS NULL", std::move(last)));
    }
    co_return Result<void>();
}

// Nobody meets what is left, so that it stays for a while is no failure of the call; the next one sweeps again.
Task<void> sweep_or_say(Database& database) {
    const auto swept = co_await sweep(database);
    if (!swept) log::warning("index leftovers stay", {{"error", swept.error().message}});
    co_return Result<void>();
}

}  // namespace

Task<std::optional<RemoteCollection>> look_up(Database& database, std::string name) {
    Parameters parameters{std::move(name)};
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(
                                        Scope::system(), "SELECT number, options FROM index_collection WHERE name = $1",
                                        std::move(parameters)));
    if (rows.empty()) co_return std::nullopt;
    const auto written = parse_json(rows.front().text("options"));
    SLIPWAY_CO_TRY(auto options,
                   read_collection_options(written && written->is_object() ? written->get_object() : json::object()));
    co_return RemoteCollection{fmt::format("{}", rows.front().integer("number")), std::move(options)};
}

Task<void> create(Database& database, std::string name, CollectionOptions options) {
    SLIPWAY_CO_CHECK(check_dimension(options));
    const auto written = write_json(write_collection_options(options));
    const Database::Body body = [&](Transaction& transaction) { return make(transaction, name, written); };
    co_return co_await database.transact(Scope::system(), body);
}

Task<void> renew(Database& database, std::string name, CollectionOptions options) {
    SLIPWAY_CO_CHECK(check_dimension(options));
    const auto written = write_json(write_collection_options(options));
    const Database::Body body = [&](Transaction& transaction) { return make_anew(transaction, name, written); };
    SLIPWAY_CO_CHECK(co_await database.transact(Scope::system(), body));
    co_return co_await sweep_or_say(database);
}

Task<void> drop(Database& database, std::string name) {
    Parameters parameters{std::move(name)};
    SLIPWAY_CO_CHECK(co_await database.write(Scope::system(), "UPDATE index_collection SET name = NULL WHERE name = $1",
                                             std::move(parameters)));
    co_return co_await sweep_or_say(database);
}

}  // namespace slipway::store::pgvector
