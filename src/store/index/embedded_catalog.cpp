#include "store/index/embedded_catalog.h"

#include "store/index/analyser.h"
#include "store/index/vector.h"

namespace slipway::store::embedded {
namespace {

// The file format, and the analyser whose terms it holds.
constexpr std::int64_t kTablesVersion = 2;
constexpr std::int64_t kFileVersion = kTablesVersion * 1000 + kAnalyserVersion;
constexpr std::int64_t kApplicationId = 0x536C7758;  // "SlwX", in the header of the file

constexpr std::string_view kTables = R"(
CREATE TABLE collections(
    collection INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    dimension INTEGER NOT NULL,
    metric TEXT NOT NULL,
    language TEXT NOT NULL,
    embedding_model TEXT NOT NULL);
CREATE TABLE spaces(
    space INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    passages INTEGER NOT NULL,
    terms INTEGER NOT NULL,
    number_next INTEGER NOT NULL,
    number_merged INTEGER NOT NULL,
    waiting_batches INTEGER NOT NULL,
    waiting_bytes INTEGER NOT NULL,
    UNIQUE(collection, workspace));
CREATE INDEX spaces_waiting ON spaces(space) WHERE waiting_batches > 0;
CREATE TABLE passages(
    passage INTEGER PRIMARY KEY,
    space INTEGER NOT NULL,
    id TEXT NOT NULL,
    namespace TEXT NOT NULL,
    metadata TEXT NOT NULL,
    length INTEGER NOT NULL,
    text TEXT NOT NULL,
    extra_text TEXT NOT NULL);
CREATE UNIQUE INDEX passages_by_id ON passages(space, id);
CREATE INDEX passages_by_namespace ON passages(space, namespace);
CREATE TABLE vectors(passage INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE postings(
    space INTEGER NOT NULL,
    term TEXT NOT NULL,
    first INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY(space, term, first)) WITHOUT ROWID;
CREATE TABLE batches(
    batch INTEGER PRIMARY KEY,
    space INTEGER NOT NULL,
    bytes BLOB NOT NULL);
CREATE INDEX batches_by_space ON batches(space, batch);
)";

Result<std::int64_t> integer_of(sqlite::Connection& connection, std::string_view sql) {
    SLIPWAY_TRY(auto statement, connection.prepare(sql));
    SLIPWAY_CHECK(statement.step());
    return statement.integer(0);
}

Result<void> create_tables(sqlite::Connection& connection) {
    const auto numbers = fmt::format("PRAGMA application_id={};PRAGMA user_version={};", kApplicationId, kFileVersion);
    auto done = connection.execute(fmt::format("BEGIN IMMEDIATE;{}{}COMMIT", kTables, numbers));
    if (!done && connection.in_transaction()) {
        SLIPWAY_CHECK(connection.execute("ROLLBACK"));
    }
    return done;
}

std::string describe(const CollectionOptions& options) {
    return fmt::format("dimension {}, metric {}, language {}", options.dimension, to_string(options.metric),
                       options.language);
}

constexpr std::string_view kSpaceColumns =
    "space, passages, terms, number_next, number_merged, waiting_batches, waiting_bytes";

Result<std::optional<Space>> read_space(sqlite::Statement& row) {
    SLIPWAY_TRY(const bool found, row.step());
    if (!found) return std::nullopt;
    const auto number = [&row](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
    return Space{row.integer(0), {number(1), number(2)}, number(3), number(4), number(5), number(6)};
}

Result<void> run_for(sqlite::Connection& connection, std::string_view sql, std::int64_t space) {
    SLIPWAY_TRY(auto statement, connection.prepare(sql));
    statement.bind(1, space);
    return statement.run();
}

Result<void> erase_postings(sqlite::Connection& connection, std::int64_t space) {
    SLIPWAY_CHECK(run_for(connection, "DELETE FROM postings WHERE space = ?1", space));
    return run_for(connection, "DELETE FROM batches WHERE space = ?1", space);
}

Result<void> erase_space(sqlite::Connection& connection, std::int64_t space) {
    for (const std::string_view table : {"passages", "vectors"}) {
        SLIPWAY_TRY(auto statement,
                    connection.prepare(fmt::format("DELETE FROM {} WHERE passage BETWEEN ?1 AND ?2", table)));
        statement.bind(1, key_of(space, 0)).bind(2, key_of(space, kNumberEnd - 1));
        SLIPWAY_CHECK(statement.run());
    }
    SLIPWAY_CHECK(erase_postings(connection, space));
    return run_for(connection, "DELETE FROM spaces WHERE space = ?1", space);
}

}  // namespace

std::unexpected<Error> damaged(const sqlite::Connection& connection, std::string_view what) {
    return fail(ErrorCode::unavailable, "The search index {} is damaged ({}). {}", connection.file().string(), what,
                kRepair);
}

Result<void> prepare_file(sqlite::Connection& connection) {
    SLIPWAY_TRY(const auto version, integer_of(connection, "PRAGMA user_version"));
    SLIPWAY_TRY(const auto application, integer_of(connection, "PRAGMA application_id"));
    SLIPWAY_TRY(const auto tables, integer_of(connection, "SELECT count(*) FROM sqlite_master"));
    if (version == 0 && application == 0 && tables == 0) return create_tables(connection);
    if (application != kApplicationId)
        return fail(ErrorCode::unavailable,
                    "{} is a database of something else, not a search index; choose another file.",
                    connection.file().string());
    if (version != kFileVersion)
        return fail(ErrorCode::unavailable,
                    "The search index {} was written by another version of this program ({}, this one "
                    "writes {}). {}",
                    connection.file().string(), version, kFileVersion, kRepair);
    for (const std::string_view table : {"collections", "spaces", "passages", "vectors", "postings", "batches"}) {
        auto readable = integer_of(connection, fmt::format("SELECT 1 FROM {} LIMIT 1", table));
        if (!readable) return damaged(connection, readable.error().message);
    }
    return {};
}

Result<std::optional<Collection>> find_collection(sqlite::Connection& connection, std::string_view name) {
    SLIPWAY_TRY(auto statement, connection.prepare("SELECT collection, dimension, metric, language, embedding_model "
                                                   "FROM collections WHERE name = ?1"));
    statement.bind(1, name);
    SLIPWAY_TRY(const bool found, statement.step());
    if (!found) return std::nullopt;
    const auto metric = metric_from(statement.text(2));
    if (!metric) return damaged(connection, "a collection has an unknown metric");
    Collection collection;
    collection.key = statement.integer(0);
    collection.options.dimension = static_cast<std::size_t>(statement.integer(1));
    collection.options.metric = *metric;
    collection.options.language = statement.text(3);
    collection.options.embedding_model = statement.text(4);
    return collection;
}

Result<Collection> collection_named(sqlite::Connection& connection, std::string_view name) {
    SLIPWAY_TRY(auto collection, find_collection(connection, name));
    if (!collection) return fail(ErrorCode::not_found, "The search index has no collection \"{}\".", name);
    return *std::move(collection);
}

Result<void> ensure_collection(sqlite::Connection& connection, std::string_view name,
                               const CollectionOptions& options) {
    SLIPWAY_TRY(const auto known, find_collection(connection, name));
    if (known) {
        const auto& has = known->options;
        if (has.dimension == options.dimension && has.metric == options.metric && has.language == options.language)
            return {};
        return fail(ErrorCode::conflict,
                    "The collection \"{}\" has {}, not {}; run `slipway reindex` to build it anew.", name,
                    describe(has), describe(options));
    }
    SLIPWAY_TRY(auto statement,
                connection.prepare("INSERT INTO collections(name, dimension, metric, language, embedding_model) "
                                   "VALUES(?1, ?2, ?3, ?4, ?5)"));
    statement.bind(1, name).bind(2, options.dimension).bind(3, to_string(options.metric));
    statement.bind(4, options.language).bind(5, options.embedding_model);
    return statement.run();
}

Result<void> drop_collection(sqlite::Connection& connection, std::string_view name) {
    SLIPWAY_TRY(const auto collection, find_collection(connection, name));
    if (!collection) return {};
    std::vector<std::int64_t> spaces;
    {
        SLIPWAY_TRY(auto statement, connection.prepare("SELECT space FROM spaces WHERE collection = ?1"));
        statement.bind(1, collection->key);
        for (;;) {
            SLIPWAY_TRY(const bool row, statement.step());
            if (!row) break;
            spaces.push_back(statement.integer(0));
        }
    }
    for (const auto space : spaces) {
        SLIPWAY_CHECK(erase_space(connection, space));
    }
    SLIPWAY_TRY(auto statement, connection.prepare("DELETE FROM collections WHERE collection = ?1"));
    statement.bind(1, collection->key);
    return statement.run();
}

Result<std::uint64_t> passages_in(sqlite::Connection& connection, const Collection& collection) {
    SLIPWAY_TRY(auto statement,
                connection.prepare("SELECT coalesce(sum(passages), 0) FROM spaces WHERE collection = ?1"));
    statement.bind(1, collection.key);
    SLIPWAY_CHECK(statement.step());
    return static_cast<std::uint64_t>(statement.integer(0));
}

Result<std::optional<Space>> find_space(sqlite::Connection& connection, const Collection& collection,
                                        const WorkspaceId& workspace) {
    static const auto sql =
        fmt::format("SELECT {} FROM spaces WHERE collection = ?1 AND workspace = ?2", kSpaceColumns);
    SLIPWAY_TRY(auto statement, connection.prepare(sql));
    statement.bind(1, collection.key).bind(2, workspace.value);
    return read_space(statement);
}

Result<std::optional<Space>> waiting_space(sqlite::Connection& connection) {
    static const auto sql = fmt::format("SELECT {} FROM spaces WHERE waiting_batches > 0 LIMIT 1", kSpaceColumns);
    SLIPWAY_TRY(auto statement, connection.prepare(sql));
    return read_space(statement);
}

Result<std::int64_t> largest_space(sqlite::Connection& connection) {
    return integer_of(connection, "SELECT coalesce(max(space), 0) FROM spaces");
}

Result<Space> make_space(sqlite::Connection& connection, const Collection& collection, const WorkspaceId& workspace,
                         std::int64_t& space_given) {
    SLIPWAY_TRY(const auto known, find_space(connection, collection, workspace));
    if (known) return *known;
    SLIPWAY_TRY(auto statement,
                connection.prepare("INSERT INTO spaces(space, collection, workspace, passages, terms, number_next, "
                                   "number_merged, waiting_batches, waiting_bytes) VALUES(?3, ?1, ?2, 0, 0, 0, 0, 0, "
                                   "0)"));
    Space space;
    space.key = space_given + 1;
    statement.bind(1, collection.key).bind(2, workspace.value).bind(3, space.key);
    SLIPWAY_CHECK(statement.run());
    space_given = space.key;
    if (space.key >= kSpaceEnd)
        return fail(ErrorCode::unavailable, "The search index holds no more than {} workspaces.", kSpaceEnd);
    return space;
}

Result<void> save_space(sqlite::Connection& connection, const Space& space) {
    if (space.statistics.passages == 0) {
        SLIPWAY_CHECK(erase_postings(connection, space.key));
        return run_for(connection, "DELETE FROM spaces WHERE space = ?1", space.key);
    }
    SLIPWAY_TRY(auto statement,
                connection.prepare("UPDATE spaces SET passages = ?2, terms = ?3, number_next = ?4, number_merged = ?5, "
                                   "waiting_batches = ?6, waiting_bytes = ?7 WHERE space = ?1"));
    statement.bind(1, space.key).bind(2, space.statistics.passages).bind(3, space.statistics.terms);
    statement.bind(4, space.number_next).bind(5, space.number_merged);
    statement.bind(6, space.waiting_batches).bind(7, space.waiting_bytes);
    return statement.run();
}

}  // namespace slipway::store::embedded
