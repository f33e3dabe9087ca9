#include "store/database/sqlite.h"

#include "base/log.h"
#include "store/database/dialect.h"
#include "store/database/migration_plan.h"
#include "store/database/sqlite_dump.h"
#include "store/database/sqlite_statement.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace slipway::store {
namespace {

constexpr std::size_t kReadersMax = 16;
constexpr std::size_t kWriterCacheBytes = 4 << 20;

class SqliteTransaction final : public Transaction {
 public:
    SqliteTransaction(sqlite::Connection& connection, StatementRules& rules, const Scope& scope,
                      KeptRows::Change& change, std::size_t result_bytes_max)
        : connection_(connection), rules_(rules), scope_(scope), change_(change), result_bytes_max_(result_bytes_max) {}

    Task<Rows> execute(std::string sql, Parameters parameters) override {
        if (failure_) co_return std::unexpected(*failure_);
        const StatementRun run{.scope = scope_,
                               .sql = sql,
                               .parameters = parameters,
                               .result_bytes_max = result_bytes_max_,
                               .change = &change_};
        auto rows = run_statement(connection_, rules_, run);
        if (!rows) failure_ = rows.error();
        co_return rows;
    }

    const std::optional<Error>& failure() const { return failure_; }

 private:
    sqlite::Connection& connection_;
    StatementRules& rules_;
    const Scope& scope_;
    KeptRows::Change& change_;
    std::size_t result_bytes_max_;
    std::optional<Error> failure_;
};

class SqliteDatabase final : public Database {
 public:
    SqliteDatabase(sqlite::Connection writer, std::filesystem::path file, const SqliteOptions& options)
        : options_(options),
          file_(file),
          writer_(std::move(writer), writer_options(options)),
          readers_("database reader", std::move(file), reader_options(options), options.readers,
                   options.readers_waiting_max) {}

    Task<Rows> read(Scope scope, std::string sql, Parameters parameters) override;
    Task<Rows> read_often(Scope scope, std::string sql, Parameters parameters) override;
    Task<void> transact(Scope scope, Body body) override;
    Task<void> migrate(std::span<const Migration> migrations) override;
    Task<void> dump(Page page) override { return dump_sqlite(file_, reader_options(options_), std::move(page)); }
    Task<void> backup(std::filesystem::path destination) override;
    Task<DatabaseStatus> status() override;
    Task<void> check_integrity() override;

 private:
    static sqlite::WriterOptions writer_options(const SqliteOptions& options) {
        sqlite::WriterOptions writer;
        writer.queue_max = options.writers_waiting_max;
        writer.queue_time_max = options.waiting_time_max;
        writer.unit_time_max = options.transaction_time_max;
        return writer;
    }
    static sqlite::ConnectionOptions reader_options(const SqliteOptions& options) {
        sqlite::ConnectionOptions reader;
        reader.read_only = true;
        reader.exclusive = options.exclusive;
        reader.busy_time_max = options.busy_time_max;
        reader.cache_bytes = 1 << 20;
        return reader;
    }
    StatementRun reading(const Scope& scope, const std::string& sql, const Parameters& parameters) const {
        return {.scope = scope,
                .sql = sql,
                .parameters = parameters,
                .must_read_only = true,
                .result_bytes_max = options_.result_bytes_max};
    }
    Task<void> run_transaction(sqlite::Connection& connection, const Scope& scope, KeptRows::Change& change,
                               const Body& body);

    SqliteOptions options_;
    std::filesystem::path file_;
    StatementRules rules_;
    std::shared_ptr<KeptRows> kept_ = std::make_shared<KeptRows>();
    sqlite::Writer writer_;
    sqlite::Readers readers_;  // closed before the writer, which leaves one tidy file
};

Task<Rows> SqliteDatabase::read(Scope scope, std::string sql, Parameters parameters) {
    if (writer_.is_here())
        co_return fail(ErrorCode::internal, "A transaction reads past itself; use its own execute() for: {}", sql);
    sqlite::Readers::Work<Rows> work = [&](sqlite::Connection& connection) {
        return run_statement(connection, rules_, reading(scope, sql, parameters));
    };
    co_return co_await readers_.run<Rows>(std::move(work), options_.read_time_max);
}

Task<Rows> SqliteDatabase::read_often(Scope scope, std::string sql, Parameters parameters) {
    if (writer_.is_here()) co_return co_await read(std::move(scope), std::move(sql), std::move(parameters));
    const auto key = KeptRows::key_of(scope, sql, parameters);
    if (auto kept = kept_->find(key)) co_return *std::move(kept);
    sqlite::Readers::Work<Rows> work = [&](sqlite::Connection& connection) -> Result<Rows> {
        SLIPWAY_TRY(const auto rule, rules_.allow(connection, scope, sql, parameters.size()));
        const auto before = kept_->version_of(rule->tables);
        SLIPWAY_TRY(auto rows, run_statement(connection, rules_, reading(scope, sql, parameters)));
        if (before) kept_->keep(key, rule->tables, *before, rows);
        return rows;
    };
    co_return co_await readers_.run<Rows>(std::move(work), options_.read_time_max);
}

Task<void> SqliteDatabase::transact(Scope scope, Body body) {
    KeptRows::Change change(kept_);
    sqlite::Writer::Body unit = [&](sqlite::Connection& connection) {
        return run_transaction(connection, scope, change, body);
    };
    co_return co_await writer_.run_body(std::move(unit));
}

Task<void> SqliteDatabase::run_transaction(sqlite::Connection& connection, const Scope& scope, KeptRows::Change& change,
                                           const Body& body) {
    SqliteTransaction transaction(connection, rules_, scope, change, options_.result_bytes_max);
    auto done = co_await body(transaction);
    if (done && transaction.failure()) co_return std::unexpected(*transaction.failure());
    co_return done;
}

Result<std::vector<AppliedMigration>> applied_migrations(sqlite::Connection& connection) {
    SLIPWAY_CHECK(connection.execute(kMigrationTable));
    SLIPWAY_TRY(auto column, connection.prepare("SELECT 1 FROM pragma_table_info('schema_migration') WHERE name = "
                                                "'works_from'"));
    SLIPWAY_TRY(const bool there, column.step());
    if (!there) SLIPWAY_CHECK(connection.execute(kMigrationTableGrows));
    SLIPWAY_TRY(auto statement, connection.prepare(kAppliedSteps));
    std::vector<AppliedMigration> applied;
    for (;;) {
        SLIPWAY_TRY(const bool row, statement.step());
        if (!row) return applied;
        applied.push_back({std::string(statement.text(0)), statement.integer(1), std::string(statement.text(2))});
        if (!statement.is_null(3)) applied.back().works_from = statement.integer(3);
    }
}

Result<void> note_works_from(sqlite::Connection& connection, const Migration& step, std::int64_t from) {
    SLIPWAY_TRY(auto note, connection.prepare("UPDATE schema_migration SET works_from = $1 WHERE capability = $2 AND "
                                              "number = $3"));
    note.bind(1, from).bind(2, step.capability).bind(3, step.number);
    return note.run();
}

Result<void> apply(sqlite::Connection& connection, const Migration& migration, std::int64_t from) {
    SLIPWAY_TRY(const auto script, in_dialect(migration.sql, kSqliteDialect));
    SLIPWAY_CHECK(connection.execute(script));
    SLIPWAY_TRY(auto record, connection.prepare("INSERT INTO schema_migration (capability, number, checksum, "
                                                "applied_at, works_from) VALUES ($1, $2, $3, $4, $5)"));
    record.bind(1, migration.capability)
        .bind(2, migration.number)
        .bind(3, checksum_of(migration))
        .bind(4, to_unix_ms(now()))
        .bind(5, from);
    return record.run();
}

// One process has the file, so there is no older release to wait for: steps that contract are applied, too.
Task<void> SqliteDatabase::migrate(std::span<const Migration> migrations) {
    MigrationPlan plan;
    std::vector<AppliedMigration> applied;
    sqlite::Writer::Work look = [&](sqlite::Connection& connection) -> Result<void> {
        SLIPWAY_TRY(applied, applied_migrations(connection));
        SLIPWAY_TRY(plan, plan_migrations(migrations, applied, ContractSteps::apply));
        for (const auto* const step : plan.unnoted)
            SLIPWAY_CHECK(note_works_from(connection, *step, works_from(migrations, *step, applied)));
        return {};
    };
    SLIPWAY_CO_CHECK(co_await writer_.run(std::move(look)));
    log_plan(plan);
    KeptRows::Change change(kept_);
    change.add({StatementRule::kSchema});  // whatever was kept is of other tables
    for (const auto* const migration : plan.missing) {
        const auto from = works_from(migrations, *migration, applied);
        sqlite::Writer::Work step = [from, migration](sqlite::Connection& connection) {
            return apply(connection, *migration, from);
        };
        auto done = co_await writer_.run(std::move(step), options_.migration_time_max);
        rules_.forget();
        if (!done) {
            done.error().message = fmt::format("Step {} of {} could not be applied: {}", migration->number,
                                               migration->capability, done.error().message);
            co_return done;
        }
        log::info("migration applied", {{"capability", migration->capability}, {"number", migration->number}});
    }
    co_return Result<void>();
}

Task<void> SqliteDatabase::backup(std::filesystem::path destination) {
    sqlite::Readers::Work<void> work = [&](sqlite::Connection& connection) {
        return connection.backup_to(destination);
    };
    co_return co_await readers_.run<void>(std::move(work), options_.backup_time_max);
}

Task<DatabaseStatus> SqliteDatabase::status() {
    const auto started = std::chrono::steady_clock::now();
    SLIPWAY_CO_CHECK(co_await read(Scope::system(), "SELECT count(*) AS tables FROM sqlite_schema", Parameters()));
    sqlite::Readers::Work<void> look = [](sqlite::Connection& connection) { return connection.check_in_place(); };
    SLIPWAY_CO_CHECK(co_await readers_.run<void>(std::move(look), options_.read_time_max));
    DatabaseStatus status;
    status.engine = fmt::format("SQLite {}", sqlite::library_version());
    status.latency = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - started);
    co_return status;
}

Task<void> SqliteDatabase::check_integrity() {
    sqlite::Readers::Work<void> work = [](sqlite::Connection& connection) { return connection.check_integrity(); };
    co_return co_await readers_.run<void>(std::move(work), options_.backup_time_max);
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(std::filesystem::path file, SqliteOptions options) {
    if (options.readers == 0)
        options.readers = std::min<std::size_t>(std::thread::hardware_concurrency() + 2, kReadersMax);
    sqlite::ConnectionOptions writing;
    writing.exclusive = options.exclusive;
    writing.busy_time_max = options.busy_time_max;
    writing.cache_bytes = kWriterCacheBytes;
    writing.file_bytes_max = options.file_bytes_max;
    SLIPWAY_TRY(auto connection, sqlite::Connection::open(file, std::move(writing)));
    std::unique_ptr<Database> database =
        std::make_unique<SqliteDatabase>(std::move(connection), std::move(file), options);
    return database;
}

}  // namespace slipway::store
