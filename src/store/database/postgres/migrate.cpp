// Migrations on PostgreSQL: each step in a transaction, one process at a time, as the owner of the tables.
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/database/dialect.h"
#include "store/database/migration_plan.h"
#include "store/database/postgres/adapter.h"
#include "store/database/postgres/row_security.h"

namespace slipway::store::postgres {
namespace {

// Two processes that migrate wait for each other here. The key is ours: the first bytes of SHA-256("slipway migrate").
constexpr std::string_view kLock = "select pg_advisory_xact_lock(5496277041312840371)";

// A statement that waits for a table's lock has all others wait behind it: it soon lets them pass, and tries again.
constexpr std::string_view kLetOthersPass = "select set_config('lock_timeout', '2000', true)";
constexpr Milliseconds kPauseFirst{500}, kPauseMax{10'000};

constexpr std::string_view kTables =
    "select c.relname::text as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = "
    "'workspace' "
    "and a.attnum > 0 and not a.attisdropped) as of_workspaces from pg_class c where c.relnamespace = "
    "current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm')";
// The column works_from is missing in tables of before.
constexpr std::string_view kHistory =
    "select to_regclass(quote_ident(current_schema()) || '.schema_migration') is not null as known, exists (select "
    "from pg_attribute a where a.attrelid = to_regclass(quote_ident(current_schema()) || '.schema_migration') and "
    "a.attname = 'works_from') as complete";
// Names are told to everybody, addresses only to who may read all statistics.
constexpr std::string_view kOlderServers =
    "select count(*) as connections, coalesce(string_agg(distinct host(client_addr), ', '), '') as addresses from "
    "pg_stat_activity where datname = current_database() and usename = $1 and application_name like 'slipway%' and "
    "coalesce(substring(application_name from 'steps=([0-9]+)')::bigint, 0) < $2";

Task<std::vector<AppliedMigration>> applied_in(Session& session) {
    SLIPWAY_CO_TRY(const auto history, co_await session.ask(kHistory));
    if (!history.front().truth("known")) co_return std::vector<AppliedMigration>();
    SLIPWAY_CO_TRY(const auto rows, co_await session.ask(kAppliedSteps));
    co_return applied_from(rows);
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
        if (application_.user != owner_.target().user) {
            const Step role = [this, &lease](Session& session) { return make_role(*lease, session, application_); };
            SLIPWAY_CO_CHECK(co_await with_lock(*lease, role));
        }
        const Step prepare = [&](Session& session) { return note_history(session, migrations); };
        SLIPWAY_CO_CHECK(co_await with_lock(*lease, prepare));
        for (;;) {
            bool done = false;
            const Step step = [&](Session& session) { return apply_next(session, migrations, done); };
            SLIPWAY_CO_CHECK(co_await with_lock(*lease, step));
            if (done) break;
        }
        const Step secure = [this](Session& session) { return secure_and_check(session); };
        co_return co_await with_lock(*lease, secure);
    }

 private:
    using Step = std::function<Task<void>(Session&)>;

    // Until it has the locks that it needs, or migration_time_max is over.
    Task<void> with_lock(Connection& connection, const Step& step) {
        const auto end = Clock::now() + options_.migration_time_max;
        for (auto pause = kPauseFirst;; pause = std::min(2 * pause, kPauseMax)) {
            bool again = false;
            auto done = co_await attempt(connection, step, again);
            if (done || !again || Clock::now() + pause > end) co_return done;
            log::info("migration lets others pass", {{"reason", done.error().message}});
            co_await sleep_for(pause);
        }
    }

    Task<void> attempt(Connection& connection, const Step& step, bool& again) {
        Session session(connection, settings_, options_.result_bytes_max);
        auto ready = co_await session.ask(kLock);
        if (ready) ready = co_await session.ask(kLetOthersPass);
        Result<void> result;
        if (!ready) result = pass(ready);
        if (result) result = co_await step(session);
        if (!result)
            again =
                session.again() == Again::transaction || text_or(result.error().details, "sqlstate") == kLockTimeOut;
        co_return co_await settle(session, std::move(result));
    }

    // The table of steps, and what a release of before did not note in it. Asked first: ALTER locks, also for nothing.
    Task<void> note_history(Session& session, std::span<const Migration> migrations) {
        SLIPWAY_CO_CHECK(co_await session.ask(kMigrationTable));
        SLIPWAY_CO_TRY(const auto history, co_await session.ask(kHistory));
        if (!history.front().truth("complete")) SLIPWAY_CO_CHECK(co_await session.ask(kMigrationTableGrows));
        SLIPWAY_CO_TRY(const auto applied, co_await applied_in(session));
        SLIPWAY_CO_TRY(const auto plan, plan_migrations(migrations, applied, options_.contract));
        for (const auto* const step : plan.unnoted) {
            Parameters note{step->capability, step->number, works_from(migrations, *step, applied)};
            SLIPWAY_CO_CHECK(
                co_await session.ask("update schema_migration set works_from = $3 where capability = $1 and number = "
                                     "$2",
                                     std::move(note)));
        }
        co_return Result<void>();
    }

    // Looks anew at each step: another process may have been faster.
    Task<void> apply_next(Session& session, std::span<const Migration> migrations, bool& done) {
        SLIPWAY_CO_TRY(const auto applied, co_await applied_in(session));
        SLIPWAY_CO_TRY(const auto plan, plan_migrations(migrations, applied, options_.contract));
        done = plan.missing.empty();
        if (done) co_return Result<void>();
        const auto& next = *plan.missing.front();
        if (contracts(next, applied)) SLIPWAY_CO_CHECK(co_await refuse_older_servers(session));
        SLIPWAY_CO_TRY(auto sql, in_dialect(next.sql, kPostgresDialect));
        SLIPWAY_CO_CHECK(co_await session.run_script(std::move(sql)));
        SLIPWAY_CO_CHECK(co_await secure_tables(session, application_.user));
        Parameters record{next.capability, next.number, checksum_of(next), now(),
                          works_from(migrations, next, applied)};
        SLIPWAY_CO_CHECK(co_await session.ask(
            "insert into schema_migration (capability, number, checksum, applied_at, works_from) values ($1, $2, $3, "
            "$4, $5)",
            std::move(record)));
        log::info("migration", {{"capability", next.capability}, {"number", next.number}});
        co_return Result<void>();
    }

    Task<void> refuse_older_servers(Session& session) {
        Parameters who{application_.user, options_.known_steps.size()};
        SLIPWAY_CO_TRY(const auto rows, co_await session.ask(kOlderServers, std::move(who)));
        const auto count = rows.front().integer("connections");
        if (count == 0) co_return Result<void>();
        const auto addresses = rows.front().text("addresses");
        co_return fail(ErrorCode::conflict,
                       "{} connections of servers of an older release are open{}{}; a step that contracts would break "
                       "them. Replace or stop those servers first, then run this again. (A pooler may keep such a "
                       "connection for some minutes.)",
                       count, addresses.empty() ? "" : ", from ", addresses);
    }

    Task<void> secure_and_check(Session& session) {
        SLIPWAY_CO_TRY(const auto applied, co_await applied_in(session));
        SLIPWAY_CO_CHECK(co_await secure_tables(session, application_.user));
        SLIPWAY_CO_TRY(const auto wrong, co_await unsecured_tables(session, options_.reasons_beside(applied)));
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
    SLIPWAY_CO_TRY(const auto plan, plan_migrations(migrations, applied));
    log_plan(plan);
    const auto& missing = plan.missing;
    if (!missing.empty())
        co_return fail(
            ErrorCode::conflict,
            "The database {} lacks {} steps of this version, the first is step {} of {}. Run `slipway migrate` with "
            "the owner's URL first.",
            pool_->target().shown(), missing.size(), missing.front()->number, missing.front()->capability);
    if (options_.refuse_bypass) {
        SLIPWAY_CO_TRY(const auto wrong, co_await unsecured_tables(session, options_.reasons_beside(applied)));
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
