#include "store/index/pgvector.h"

#include <chrono>
#include <map>
#include <mutex>

#include "base/keyed_lock.h"
#include "base/log.h"
#include "store/index/pgvector_catalog.h"
#include "store/index/pgvector_graph.h"
#include "store/index/pgvector_search.h"
#include "store/index/pgvector_sql.h"
#include "store/index/pgvector_write.h"
#include "store/index/validation.h"

namespace slipway::store {
namespace {

constexpr std::size_t kThreads = 2;          // that cut words and score passages
constexpr std::size_t kErasedPerStep = 250;  // of erase_where: a transaction
constexpr int kMergesPerCall = 64;           // what more waits is the next call's

class Pgvector final : public RemoteEngine {
 public:
    Pgvector(Database& database, std::unique_ptr<Database> owned, PgvectorOptions options)
        : owned_(std::move(owned)),
          database_(database),
          options_(options),
          pool_("pgvector", kThreads),
          writers_(options.writers_waiting_max) {}

    Task<std::optional<RemoteCollection>> look_up(std::string name) override {
        return pgvector::look_up(database_, std::move(name));
    }
    Task<void> create(std::string name, CollectionOptions options) override {
        return pgvector::create(database_, std::move(name), std::move(options));
    }
    Task<void> renew(std::string name, CollectionOptions options) override {
        return pgvector::renew(database_, std::move(name), std::move(options));
    }
    Task<void> drop(std::string name) override { return pgvector::drop(database_, std::move(name)); }
    Task<void> write(const RemoteCollection& collection, const WorkspaceId& workspace,
                     const std::vector<Passage>& passages) override;
    Task<std::size_t> erase(const RemoteCollection& collection, const WorkspaceId& workspace,
                            const std::vector<std::string>& ids) override;
    Task<std::size_t> erase_where(const RemoteCollection& collection, const WorkspaceId& workspace,
                                  const Filter& filter) override;
    Task<std::vector<Hit>> search(const RemoteCollection& collection, const WorkspaceId& workspace,
                                  const Query& query) override;
    Task<std::vector<Passage>> list(const RemoteCollection& collection, const WorkspaceId& workspace,
                                    const Filter& filter, std::size_t count,
                                    const std::optional<std::string>& after) override;
    Task<std::uint64_t> count(const RemoteCollection& collection, const WorkspaceId& workspace,
                              const Filter& filter) override;
    Task<std::uint64_t> count_all(const RemoteCollection& collection) override;
    Task<IndexStatus> status() override;
    Task<void> check_integrity() override;

 private:
    Task<KeyedLock::Guard> turn(const RemoteCollection& collection, const WorkspaceId& workspace) {
        return writers_.acquire(fmt::format("{} {}", collection.name, workspace.value), options_.write_turn_max);
    }
    Task<void> merge(const WorkspaceId& workspace, std::int64_t generation, pgvector::Space space);
    Task<void> keep_graph(const RemoteCollection& collection, const WorkspaceId& workspace, std::size_t written,
                          pgvector::Space& space);
    bool graph_is_due(std::int64_t generation);

    std::unique_ptr<Database> owned_;
    Database& database_;
    PgvectorOptions options_;
    WorkerPool pool_;
    KeyedLock writers_;  // by collection and workspace
    std::mutex mutex_;
    std::map<std::int64_t, std::chrono::steady_clock::time_point>
        graphs_;  // by generation: when to look again, or never
};

constexpr std::size_t kGraphsKnownMax = 10'000;

bool Pgvector::graph_is_due(std::int64_t generation) {
    const std::lock_guard lock(mutex_);
    if (graphs_.size() >= kGraphsKnownMax) graphs_.clear();
    auto& again = graphs_[generation];
    if (std::chrono::steady_clock::now() < again) return false;
    again = std::chrono::steady_clock::now() + options_.graph_pause;
    return true;
}

// What is not in it is compared one by one, so that it could not be kept is no failure of the call.
Task<void> Pgvector::keep_graph(const RemoteCollection& collection, const WorkspaceId& workspace, std::size_t written,
                                pgvector::Space& space) {
    const auto generation = pgvector::generation_of(collection);
    if (space.vectors <= pgvector::exact_max(options_, collection.options) || !pgvector::has_graph(collection.options))
        co_return Result<void>();
    if (graph_is_due(generation)) {
        const auto begun = co_await pgvector::begin_graph(database_, workspace, collection, space);
        if (!begun) log::warning("index graph is missing", {{"error", begun.error().message}});
        const std::lock_guard lock(mutex_);
        if (begun) graphs_[generation] = std::chrono::steady_clock::time_point::max();
    }
    const auto settled = co_await pgvector::settle(database_, workspace, collection, options_, written, space);
    if (!settled) log::warning("index passages stay beside the graph", {{"error", settled.error().message}});
    co_return Result<void>();
}

// After the call has its answer in the database; that it fails is no failure of the call, as a search reads what waits.
Task<void> Pgvector::merge(const WorkspaceId& workspace, std::int64_t generation, pgvector::Space space) {
    for (int merges = 0; merges < kMergesPerCall; ++merges) {
        if (space.waiting_batches <= options_.waiting_batches_max && space.waiting_bytes <= options_.waiting_bytes_max)
            break;
        const auto merged =
            co_await pgvector::merge_waiting(database_, workspace, generation, options_.waiting_bytes_max, space);
        if (merged) continue;
        if (!bool_or(merged.error().details, "gone", false))
            log::warning("index changes wait", {{"error", merged.error().message}});
        break;
    }
    co_return Result<void>();
}

Task<void> Pgvector::write(const RemoteCollection& collection, const WorkspaceId& workspace,
                           const std::vector<Passage>& passages) {
    const auto make = [&]() -> Result<pgvector::PreparedWrite> {
        SLIPWAY_CHECK(check_passages(passages, collection.options));
        return pgvector::prepare_write(passages, collection.options);
    };
    SLIPWAY_CO_TRY(const auto prepared, co_await pool_.run(make));
    if (prepared.parts.empty()) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto mine, co_await turn(collection, workspace));
    const auto generation = pgvector::generation_of(collection);
    pgvector::Space space;
    SLIPWAY_CO_CHECK(co_await pgvector::write_passages(database_, workspace, generation, prepared, space));
    SLIPWAY_CO_CHECK(co_await keep_graph(collection, workspace, passages.size(), space));
    co_return co_await merge(workspace, generation, space);
}

Task<std::size_t> Pgvector::erase(const RemoteCollection& collection, const WorkspaceId& workspace,
                                  const std::vector<std::string>& ids) {
    std::vector<std::string> possible;  // no passage has an id with a NUL
    for (const auto& id : ids)
        if (!id.contains('\0')) possible.push_back(id);
    if (possible.empty()) co_return std::size_t{0};
    SLIPWAY_CO_TRY(const auto mine, co_await turn(collection, workspace));
    const auto generation = pgvector::generation_of(collection);
    pgvector::Space space;
    SLIPWAY_CO_TRY(const auto erased,
                   co_await pgvector::erase_passages(database_, workspace, generation, possible, space));
    SLIPWAY_CO_CHECK(co_await merge(workspace, generation, space));
    co_return erased;
}

Task<std::size_t> Pgvector::erase_where(const RemoteCollection& collection, const WorkspaceId& workspace,
                                        const Filter& filter) {
    SLIPWAY_CO_TRY(const auto mine, co_await turn(collection, workspace));
    const auto generation = pgvector::generation_of(collection);
    std::size_t all = 0;
    for (;;) {
        pgvector::Space space;
        SLIPWAY_CO_TRY(const auto erased,
                       co_await pgvector::erase_some(database_, workspace, generation, filter, kErasedPerStep, space));
        SLIPWAY_CO_CHECK(co_await merge(workspace, generation, space));
        all += erased;
        if (erased < kErasedPerStep) co_return all;
    }
}

Task<std::vector<Hit>> Pgvector::search(const RemoteCollection& collection, const WorkspaceId& workspace,
                                        const Query& query) {
    const pgvector::Asking asking{database_, pool_, options_};
    co_return co_await pgvector::search(asking, collection, workspace, query);
}

Task<std::vector<Passage>> Pgvector::list(const RemoteCollection& collection, const WorkspaceId& workspace,
                                          const Filter& filter, std::size_t count,
                                          const std::optional<std::string>& after) {
    const auto generation = pgvector::generation_of(collection);
    Parameters parameters{generation, count, after.value_or("")};  // no id is empty
    auto sql = fmt::format(
        "SELECT p.number, p.id, p.bytes FROM index_collection c LEFT JOIN LATERAL (SELECT number, id, "
        "octet_length(content) AS bytes FROM index_passage WHERE collection = $1 AND workspace = $workspace AND id > "
        "$3 AND {} ORDER BY id LIMIT $2) p ON true WHERE c.number = $1 AND c.name IS NOT NULL",
        pgvector::condition_of(filter, parameters));
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, std::move(sql), std::move(parameters)));
    if (rows.empty()) co_return collection_is_gone();
    std::vector<pgvector::Found> found;
    for (const auto row : rows)
        if (const auto number = row.optional_integer("number"))
            found.push_back({static_cast<std::uint64_t>(*number), row.text("id"),
                             static_cast<std::uint64_t>(row.integer("bytes"))});
    SLIPWAY_CO_TRY(auto passages, co_await pgvector::read_passages(database_, workspace, generation, found));
    std::vector<Passage> listed;
    for (auto& [number, passage] : passages) listed.push_back(std::move(passage));
    std::ranges::sort(listed, {}, &Passage::id);
    co_return listed;
}

Task<std::uint64_t> Pgvector::count(const RemoteCollection& collection, const WorkspaceId& workspace,
                                    const Filter& filter) {
    Parameters parameters{pgvector::generation_of(collection)};
    const auto counted =
        pgvector::lets_all_pass(filter)
            ? std::string(
                  "coalesce((SELECT passages FROM index_space WHERE collection = $1 AND workspace = "
                  "$workspace), 0)")
            : fmt::format(
                  "(SELECT count(*) FROM index_passage WHERE collection = $1 AND workspace = $workspace AND {})",
                  pgvector::condition_of(filter, parameters));
    auto sql = fmt::format(
        "SELECT {} AS n FROM index_collection WHERE number = $1 AND index_collection.name IS NOT NULL", counted);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace, std::move(sql), std::move(parameters)));
    if (rows.empty()) co_return collection_is_gone();
    co_return static_cast<std::uint64_t>(rows.front().integer("n"));
}

Task<std::uint64_t> Pgvector::count_all(const RemoteCollection& collection) {
    Parameters parameters{pgvector::generation_of(collection)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(Scope::system(),
                                           "SELECT coalesce(sum(passages), 0)::bigint AS n FROM index_space WHERE "
                                           "collection = $1",
                                           std::move(parameters)));
    co_return static_cast<std::uint64_t>(rows.front().integer("n"));
}

Task<IndexStatus> Pgvector::status() {
    const auto begun = std::chrono::steady_clock::now();
    SLIPWAY_CO_TRY(const auto database, co_await database_.status());
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(Scope::system(),
                                           "SELECT extversion::text AS version FROM pg_extension WHERE extname = "
                                           "'vector'"));
    if (rows.empty()) co_return fail(ErrorCode::unavailable, "The extension `vector` is gone from the database.");
    IndexStatus status;
    status.engine = fmt::format("{} with pgvector {}", database.engine, rows.front().text("version"));
    status.latency = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
    co_return status;
}

// What each space says of its passages is what there is.
Task<void> Pgvector::check_integrity() {
    SLIPWAY_CO_TRY(
        const auto rows,
        co_await database_.read(
            Scope::system(),
            "SELECT c.name FROM index_collection c JOIN index_space s ON s.collection = c.number LEFT JOIN (SELECT "
            "collection, workspace, count(*) AS passages, sum(length) AS terms, count(embedding) AS vectors FROM "
            "index_passage GROUP BY collection, workspace) p ON p.collection = s.collection AND p.workspace = "
            "s.workspace LEFT JOIN (SELECT collection, workspace, count(*) AS batches FROM index_waiting GROUP BY "
            "collection, workspace) w ON w.collection = s.collection AND w.workspace = s.workspace WHERE c.name IS NOT "
            "NULL AND (s.passages <> coalesce(p.passages, 0) OR s.terms <> coalesce(p.terms, 0) OR s.vectors <> "
            "coalesce(p.vectors, 0) OR s.waiting_batches <> coalesce(w.batches, 0)) LIMIT 1"));
    if (rows.empty()) co_return Result<void>();
    co_return pgvector::damaged(
        fmt::format("the numbers of the collection {} are not those of its passages", rows.front().text("name")));
}

}  // namespace

std::unique_ptr<Index> open_pgvector(Database& database, PgvectorOptions options) {
    return index_on(std::make_unique<Pgvector>(database, nullptr, options));
}

std::unique_ptr<Index> open_pgvector(std::unique_ptr<Database> database, PgvectorOptions options) {
    auto& there = *database;
    return index_on(std::make_unique<Pgvector>(there, std::move(database), options));
}

}  // namespace slipway::store
