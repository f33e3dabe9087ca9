// The search index in PostgreSQL with pgvector 0.8 or newer, through the database port: the application's own database
// and pool, or another one.
//
// Tables (pgvector_tables.cpp), all made by the owner's migrations; each row of a passage belongs to a workspace and
// lies behind row-level security:
//
//   index_collection   a name, what it was made with, and its generation: the number that all other tables carry. A
//                      generation without a name is gone, and its rows are swept away
//   index_space        a workspace in a collection: how many passages, terms and vectors; whoever writes locks it
//   index_passage      id, namespace, metadata as exact keywords (facts.h) and numbers, the text, the vector
//   index_posting      posting blocks (postings.h) by term: the document frequencies of BM25, and where terms are
//   index_waiting      changes of postings that wait to be merged into these (posting_batch.h)
//
// Words are ranked as the embedded index ranks them, by the same code: a search fetches the blocks of its terms and of
// its workspace alone. Under row-level security PostgreSQL could use no GIN index (its operators are not leakproof), so
// postings are rows with an ordinary key; a filter beside them is SQL on the rows of the workspace.
//
// Vectors are stored whole (float32, cosine scaled to length 1), so exact scores are those of the other adapters. To
// keep a graph is most of what a write costs, so a collection gets its HNSW index, a partial one over its rows, when a
// workspace in it has more vectors than are compared one by one: half precision for the cosine up to 4000 dimensions,
// else single precision up to 2000; above, or where the index is missing, search is exact. New passages wait beside the
// graph, where they are compared one by one, and are put into it by calls that write, in transactions of their own.
// Indexes belong to the owner of the table, which the application's role is not: it calls index_make_near(generation),
// a SECURITY DEFINER function that a migration made and that can do nothing but this. The plan is chosen by how many
// vectors match: up to exact_max all are compared; above, the graph is walked by an iterative scan for twice the
// wanted, ordered anew by the whole vectors; when it comes back short, all are compared.
//
// A call is one transaction, so it is all or nothing, durable and read by the next one. Calls for one workspace and
// collection wait for each other here, and across processes for the row of the space.
#pragma once

#include <memory>
#include <span>

#include "store/database/database.h"
#include "store/index/index.h"

namespace slipway::store {

struct PgvectorOptions {
    std::size_t exact_max = 20'000;               // vectors that are compared one by one,
    std::size_t exact_values_max = 8'000'000;     // and their numbers; of a workspace with more there is a graph
    std::size_t beside_values_max = 3'000'000;    // numbers of vectors that wait to be put into the graph
    Milliseconds graph_pause{600'000};            // before one that could not be built is tried again
    std::size_t scan_tuples_max = 60'000;         // rows that a walk through the graph may look at
    std::size_t writers_waiting_max = 1024;       // for one workspace; more are answered `unavailable`
    Milliseconds write_turn_max{120'000};         // of waiting for one's turn
    std::uint64_t waiting_batches_max = 64;       // changes of postings that wait to be merged, per workspace
    std::uint64_t waiting_bytes_max = 256 << 10;  // a search reads them all
};

std::span<const Migration> pgvector_migrations();
// For PostgresOptions::above_workspaces.
std::span<const TableAboveWorkspaces> pgvector_tables_above_workspaces();

// Makes the tables where this database may (its owner's URL is known), and looks whether all is there. `unavailable`
// says how pgvector is had when it is missing or old; the errors of Database::migrate. Blocks.
Result<void> migrate_pgvector(Database& database);

// The database outlives it, and is one that migrate_pgvector() was called on. Errors as in index.h and database.h.
// Thread safe; any number of event loops.
std::unique_ptr<Index> open_pgvector(Database& database, PgvectorOptions options = {});
std::unique_ptr<Index> open_pgvector(std::unique_ptr<Database> database, PgvectorOptions options = {});

}  // namespace slipway::store
