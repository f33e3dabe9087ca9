#include "store/index/pgvector_graph.h"

#include <algorithm>

namespace slipway::store::pgvector {
namespace {

constexpr std::size_t kHalfDimensionMax = 4'000, kWholeDimensionMax = 2'000;  // of pgvector's HNSW

// In numbers of vectors, as what these take goes with their dimension. A step has to end within the time of a
// transaction on a machine that is busy; a graph that is made of many at once takes a tenth of what they take alone.
constexpr std::size_t kValuesPerStep = 100'000, kValuesAtFirst = 3'000'000;
constexpr std::size_t kStepsMax = 1'000;  // of a call

std::size_t passages_of(std::size_t values, const CollectionOptions& options) {
    return std::max<std::size_t>(1, values / std::max<std::size_t>(1, options.dimension));
}

std::uint64_t beside_graph(const Space& space) {
    return space.number_next - 1 - std::min(space.settled, space.number_next - 1);
}

Task<void> settle_in(Transaction& transaction, std::int64_t generation, std::size_t count, Space& space) {
    SLIPWAY_CO_TRY(space, co_await lock_space(transaction, generation));
    const auto last = std::min<std::uint64_t>(space.number_next - 1, space.settled + count);
    if (last <= space.settled) co_return Result<void>();
    Parameters parameters{generation, space.settled, last};
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "UPDATE index_passage SET near = true WHERE collection = $1 AND workspace = $workspace AND number > $2 AND "
        "number <= $3 AND embedding IS NOT NULL AND NOT near",
        std::move(parameters)));
    space.settled = last;
    co_return co_await save_space(transaction, generation, space);
}

Task<void> settle_some(Database& database, const WorkspaceId& workspace, std::int64_t generation, std::size_t count,
                       Space& space) {
    const Database::Body body = [&](Transaction& transaction) {
        return settle_in(transaction, generation, count, space);
    };
    co_return co_await database.transact(workspace, body);
}

Task<bool> is_there(Database& database, std::int64_t generation) {
    Parameters parameters{fmt::format("index_passage_near_{}", generation)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.read(Scope::system(), "SELECT to_regclass($1::text) IS NOT NULL AS there",
                                          std::move(parameters)));
    co_return rows.front().truth("there");
}

}  // namespace

bool has_graph(const CollectionOptions& options) {
    return options.dimension > 0 &&
           options.dimension <= (options.metric == Metric::cosine ? kHalfDimensionMax : kWholeDimensionMax);
}

std::size_t exact_max(const PgvectorOptions& options, const CollectionOptions& collection) {
    return std::min(options.exact_max, passages_of(options.exact_values_max, collection));
}

Task<void> make_graph(Database& database, std::int64_t generation) {
    Parameters parameters{generation};
    SLIPWAY_CO_CHECK(co_await database.write(Scope::system(), "SELECT index_make_graph($1)", std::move(parameters)));
    co_return Result<void>();
}

Task<void> begin_graph(Database& database, const WorkspaceId& workspace, const RemoteCollection& collection,
                       Space& space) {
    const auto generation = generation_of(collection);
    SLIPWAY_CO_TRY(const bool there, co_await is_there(database, generation));
    if (there) co_return Result<void>();
    const auto first = passages_of(kValuesAtFirst, collection.options);
    if (space.settled < first)
        SLIPWAY_CO_CHECK(co_await settle_some(database, workspace, generation, first - space.settled, space));
    co_return co_await make_graph(database, generation);
}

Task<void> settle(Database& database, const WorkspaceId& workspace, const RemoteCollection& collection,
                  const PgvectorOptions& options, std::size_t count, Space& space) {
    const auto beside_max = passages_of(options.beside_values_max, collection.options);
    const auto step = passages_of(kValuesPerStep, collection.options);
    const auto steps = std::min(kStepsMax, 1 + 2 * count / step);
    for (std::size_t i = 0; i < steps && beside_graph(space) > beside_max; ++i)
        SLIPWAY_CO_CHECK(co_await settle_some(database, workspace, generation_of(collection), step, space));
    co_return Result<void>();
}

}  // namespace slipway::store::pgvector
