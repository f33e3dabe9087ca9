// The HNSW index of a collection in PostgreSQL: when there is one, and how passages come into it (pgvector.h). Internal
// to this room.
//
// To put a vector into a graph takes 5 to 20 ms, and a call that writes is one transaction of some seconds at most. So
// new passages stand beside the graph (near = false), where a search compares them one by one, and are put into it some
// at a time, in transactions of their own, once there are many. A space says up to which number its passages are
// settled so.
#pragma once

#include "store/index/pgvector_space.h"

namespace slipway::store::pgvector {

// Whether pgvector has a graph for such vectors.
bool has_graph(const CollectionOptions& options);

// As many vectors as are compared one by one; with more there is a graph.
std::size_t exact_max(const PgvectorOptions& options, const CollectionOptions& collection);

// Makes the graph where it is missing. Reads all passages that belong into it.
Task<void> make_graph(Database& database, std::int64_t generation);

// Whether it is there, with so many passages put into it as it is made of at once where it is not.
Task<void> begin_graph(Database& database, const WorkspaceId& workspace, const RemoteCollection& collection,
                       Space& space);

// After a call that wrote `count` passages: puts more than these into the graph while too many stand beside it.
Task<void> settle(Database& database, const WorkspaceId& workspace, const RemoteCollection& collection,
                  const PgvectorOptions& options, std::size_t count, Space& space);

}  // namespace slipway::store::pgvector
