// One search in PostgreSQL, and passages by their numbers (pgvector.h). Internal to this room.
#pragma once

#include "base/pool.h"
#include "store/index/pgvector_space.h"

namespace slipway::store::pgvector {

// How PostgreSQL is asked.
struct Asking {
    Database& database;
    WorkerPool& pool;
    const PgvectorOptions& options;
};

Task<std::vector<Hit>> search(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace,
                              const Query& query);

// A row as the first step of a search or a list knows it.
struct Found {
    std::uint64_t number = 0;
    std::string id;
    std::uint64_t bytes = 0;  // of its content
};

// Without those that were erased meanwhile; by number.
Task<std::map<std::uint64_t, Passage>> read_passages(Database& database, const WorkspaceId& workspace,
                                                     std::int64_t generation, std::span<const Found> found);

// The statement that walks through the graph and compares what stands beside it (passages behind number `settled`),
// with $1 the vector, and what the filter needs behind it. For a test that asks for its plan.
struct NearWanted {
    std::size_t candidates, depth;
    std::uint64_t settled;
};
std::string near_sql(const RemoteCollection& collection, const Filter& filter, NearWanted wanted,
                     Parameters& parameters);
// What is set before it.
std::string near_settings(std::size_t wanted, const PgvectorOptions& options);

}  // namespace slipway::store::pgvector
