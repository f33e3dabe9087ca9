// Migrations on PostgreSQL: each step in a transaction, one process at a time, as the owner of the tables.
#include "base/clock.h"
#include "base/log.h"
#include "store/database/dialect.h"
#include "store/database/migration_plan.h"
#include "store/database/postgres/adapter.h"
#include "store/database/postgres/row_security.h"

namespace slipway::store::postgres {
namespace {

// Two processes that migrate wait for each other here. The key is ours: the first bytes of SHA-256("slipway migrate").
constexpr std::string_view kLock = "select pg_advisory_xact_lock(5496277041312840371)";

constexpr std::string_view kTables =
    "select c.relname::text as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = "
    "'workspace' "
    "and a.attnum > 0 and not a.attisdropped) as of_workspaces from pg_class c where c.relnamespace = "
    "current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm')";
constexpr std::string_view kHasHistory =
    "select to_regclass(quote_ident(current_schema()) || '.schema_migration') is not null as known";

Task<std::vector<AppliedMigration>> applied_in(Session& session) {
    std::vector<AppliedMigration> applied;
    SLIPWAY_CO_TRY(const auto known, co_await session.ask(kHasHistory));
    if (!known.front().truth("known")) co_return applied;
    SLIPWAY_CO_TRY(const auto rows, co_await session.ask("select capability, number, checksum from schema_migration"));
    for (const auto row : rows)
        applied.push_back({row.text("capability"), row.integer("number"), row.text("checksum")});
    co_return applied;
}

// Ends the transaction of a session, well or not.
Task<void> settle(Session& session, Result<void> result) {
    if (result && session.begun()) result = co_await session.commit();
    if (session.begun()) static_cast<void>(co_await session.roll_back());
    co_return result;
}

// As the owner, in one place: the pool of the application's role is not the owner's.
class Migrator {
 public:
    Migrator(Pool& owner, const PostgresOptions& options, const Target& application)
        : owner_(owner),
          options_(options),
          application_(application),
          settings_{.scope = Scope::system(),
                    .statement_time_max = options.migration_time_max,
                    .lock_time_max = options.migration_time_max,
                    .long_silence = true,
                    .read_committed = true} {}

    Task<void> run(std::span<const Migration> migrations) {
        SLIPWAY_CO_TRY(const auto lease, co_await owner_.take());
        const bool other_role = application_.user != owner_.target().user;
        if (other_role) {
            auto made = with_lock(
                *lease, [this, &lease](Session& session) { return make_role(*lease, session, application_); });
            SLIPWAY_CO_CHECK(co_await std::move(made));
        }
        for (;;) {
            bool done = false;
            const Step step = [&](Session& session) { return apply_next(session, migrations, done); };
            auto applied = with_lock(*lease, step);
            SLIPWAY_CO_CHECK(co_await std::move(applied));
            if (done) break;
        }
        const Step secure = [this](Session& session) { return secure_and_check(session); };
        auto secured = with_lock(*lease, secure);
        co_return co_await std::move(secured);
    }

 private:
    using Step = std::function<Task<void>(Session&)>;

    Task<void> with_lock(Connection& connection, Step step) {
        Session session(connection, settings_, options_.result_bytes_max);
        auto locked = co_await session.ask(kLock);
        Result<void> result;
        if (!locked) result = pass(locked);
        if (result) result = co_await step(session);
        co_return co_await settle(session, std::move(result));
    }

    // Looks anew at each step: another process may have been faster.
    Task<void> apply_next(Session& session, std::span<const Migration> migrations, bool& done) {
        SLIPWAY_CO_CHECK(co_await session.ask(kMigrationTable));
        SLIPWAY_CO_TRY(const auto applied, co_await applied_in(session));
        SLIPWAY_CO_TRY(const auto missing, plan_migrations(migrations, applied));
        done = missing.empty();
        if (done) co_return Result<void>();
        const auto& next = *missing.front();
        SLIPWAY_CO_TRY(auto sql, in_dialect(next.sql, kPostgresDialect));
        SLIPWAY_CO_CHECK(co_await session.run_script(std::move(sql)));
        SLIPWAY_CO_CHECK(co_await secure_tables(session, application_.user));
        Parameters record{next.capability, next.number, checksum_of(next), now()};
        SLIPWAY_CO_CHECK(
            co_await session.ask("insert into schema_migration values ($1, $2, $3, $4)", std::move(record)));
        log::info("migration", {{"capability", next.capability}, {"number", next.number}});
        co_return Result<void>();
    }

    Task<void> secure_and_check(Session& session) {
        SLIPWAY_CO_CHECK(co_await secure_tables(session, application_.user));
        SLIPWAY_CO_TRY(const auto wrong, co_await unsecured_tables(session, options_.above_workspaces));
        if (!wrong.empty()) co_return fail(ErrorCode::internal, "{}", fmt::join(wrong, " "));
        co_return Result<void>();
    }

    Pool& owner_;
    const PostgresOptions& options_;
    const Target& application_;
    Settings settings_;
};

}  // namespace

Task<void> PostgresDatabase::migrate(std::span<const Migration> migrations) {
    migrations_.assign(migrations.begin(), migrations.end());
    if (!options_.owner_url.empty()) {
        SLIPWAY_CO_TRY(auto target, parse_url(pool_->pq(), options_.owner_url));
        const auto owner = Pool::make(pool_->pq(), std::move(target), options_.owner_pool());
        Migrator migrator(*owner, options_, pool_->target());
        auto migrated = co_await migrator.run(migrations);
        owner->close();
        SLIPWAY_CO_CHECK(std::move(migrated));
    }
    co_return co_await check_tables(migrations);
}

// As the application: all steps are there, the role cannot bypass, and what tables there are.
Task<void> PostgresDatabase::check_tables(std::span<const Migration> migrations) {
    auto how = settings(Scope::system(), options_.transaction_time_max, true);
    SLIPWAY_CO_TRY(const auto lease, co_await pool_->take());
    Session session(*lease, std::move(how), options_.result_bytes_max);
    auto checked = co_await check_with(session, migrations);
    co_return co_await settle(session, std::move(checked));
}

Task<void> PostgresDatabase::check_with(Session& session, std::span<const Migration> migrations) {
    if (options_.refuse_bypass) SLIPWAY_CO_CHECK(co_await check_role(session, pool_->target().shown()));
    SLIPWAY_CO_TRY(const auto applied, co_await applied_in(session));
    SLIPWAY_CO_TRY(const auto missing, plan_migrations(migrations, applied));
    if (!missing.empty())
        co_return fail(
            ErrorCode::conflict,
            "The database {} lacks {} steps of this version, the first is step {} of {}. Run `slipway migrate` with "
            "the owner's URL first.",
            pool_->target().shown(), missing.size(), missing.front()->number, missing.front()->capability);
    if (options_.refuse_bypass) {
        SLIPWAY_CO_TRY(const auto wrong, co_await unsecured_tables(session, options_.above_workspaces));
        if (!wrong.empty())
            co_return fail(ErrorCode::forbidden, "{} `slipway migrate` with the owner's URL mends what is missing.",
                           fmt::join(wrong, " "));
    }
    Catalogue catalogue;
    SLIPWAY_CO_TRY(const auto tables, co_await session.ask(kTables));
    for (const auto table : tables) {
        catalogue.tables.insert(table.text("name"));
        if (table.truth("of_workspaces")) catalogue.of_workspaces.insert(table.text("name"));
    }
    SLIPWAY_CO_TRY(const auto references, co_await session.references());
    for (const auto& [name, of] : references) catalogue.referencing[of].push_back(name);
    statements_.learn(std::move(catalogue));
    co_return Result<void>();
}

}  // namespace slipway::store::postgres
