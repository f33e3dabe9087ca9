#include "serve/databases.h"

#include <algorithm>

#include "account/tables.h"
#include "chat/tables.h"
#include "file/tables.h"
#include "job/tables.h"
#include "knowledge/tables.h"
#include "serve/agents_rows.h"
#include "serve/durable_files.h"
#include "store/cache/database_limiter.h"
#include "store/database/migration_kind.h"
#include "store/database/postgres/postgres.h"
#include "store/database/postgres/schema_script.h"
#include "store/database/sqlite.h"
#include "store/index/pgvector.h"
#include "store/queue/database.h"
#include "store/queue/effect.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;

bool is_postgres(const app::StoreUrl& url) { return url.scheme == "postgresql" || url.scheme == "postgres"; }

// SQLite would make an empty database, and nobody would learn that all is gone. The key is made after the database.
Result<void> refuse_lost(const fs::path& database, const DataFolder& folder) {
    std::error_code error;
    const auto size = fs::file_size(database, error);
    if ((!error && size > 0) || !folder.has_secret("objects")) return {};
    return fail(
        ErrorCode::unavailable,
        "The database {} is {}, but the data folder {} was used before. Put the file back or run `slipway restore`; "
        "to begin anew, remove the folder.",
        database.string(), error ? "gone" : "empty", folder.path().string());
}

// Makes a token for each connection; named, as it outlives the expression that awaits it.
struct IamPassword {
    AwsAccess* aws;
    std::string host, user, region;
    std::uint16_t port;
    Task<std::string> operator()() const { return aws->database_password(host, port, user, region); }
};

// Also those of a search index in PostgreSQL.
std::vector<store::Migration> every_migration() {
    const auto index = store::pgvector_migrations();
    std::vector<store::Migration> all(index.begin(), index.end());
    const auto records = all_migrations();
    all.insert(all.end(), records.begin(), records.end());
    return all;
}

// With idle=drain: so long until the pollers fall silent, and so long until their connections are closed. The last poll
// and the pool's look at what rests take what is left of the time that the URL says.
Milliseconds rest_of(const store::postgres::Target& target) {
    return std::min(store::postgres::kDrainTime, target.idle_time_max) * 2 / 5;
}

// Who applies migrations to a PostgreSQL, and which.
struct Owner {
    std::string url;  // empty: nobody here
    store::ContractSteps contract = store::ContractSteps::wait;
};

Result<std::unique_ptr<store::Database>> open_postgres(const std::string& url, const Owner& owner, AwsAccess& aws) {
    store::PostgresOptions options;
    options.url = url;
    options.owner_url = owner.url;
    options.contract = owner.contract;
    options.known_steps = every_migration();
    for (const auto above : {account::tables_above_workspaces(), store::pgvector_tables_above_workspaces()})
        options.above_workspaces.insert(options.above_workspaces.end(), above.begin(), above.end());
    SLIPWAY_TRY(const auto* const pq, store::postgres::libpq());
    SLIPWAY_TRY(const auto target, store::postgres::parse_url(*pq, url));
    options.pool.drain_time = rest_of(target);
    if (!target.iam_region.empty())
        options.pool.password = IamPassword{&aws, target.host, target.user, target.iam_region, target.port};
    return store::open_postgres(std::move(options));
}

// `with_index`: the tables of a search index, too. First, as a backup makes the tables that were applied last.
Result<std::unique_ptr<store::Database>> open_migrated(const app::StoreUrl& url, const Owner& owner, AwsAccess& aws,
                                                       bool with_index = false) {
    std::unique_ptr<store::Database> database;
    if (is_postgres(url)) {
        SLIPWAY_TRY(database, open_postgres(url.url.reveal(), owner, aws));
        if (with_index) SLIPWAY_CHECK(store::migrate_pgvector(*database));
    } else {
        SLIPWAY_TRY(database, store::open_sqlite(url.path));
    }
    const auto migrations = all_migrations();
    SLIPWAY_CHECK(run_to_end(database->migrate(migrations)));
    return database;
}

// What a command names; a SQLite file has to be there where it is read from.
Result<app::StoreUrl> database_url(const std::string& text, bool must_exist) {
    auto url = app::StoreUrl::parse(text);
    if (is_postgres(url)) return url;
    if (url.scheme != "sqlite" || url.path.empty())
        return fail(ErrorCode::invalid,
                    "A database is named sqlite:PATH or postgresql://…, not by a URL of the kind {}:.", url.scheme);
    std::error_code error;
    if (must_exist && !fs::exists(url.path, error))
        return fail(ErrorCode::not_found, "There is no database {}.", url.path.string());
    return url;
}

}  // namespace

std::vector<store::Migration> all_migrations() {
    std::vector<store::Migration> all;
    for (const auto& part : {store::series_migrations(), account::migrations(), knowledge::migrations(),
                             chat::migrations(), store::queue_migrations(), store::effect_migrations(),
                             job::migrations(), file::migrations(), store::limiter_migrations()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

Result<std::unique_ptr<store::Database>> open_database(const app::StoresSection& stores, const DataFolder& folder,
                                                       AwsAccess& aws) {
    if (!is_postgres(stores.database)) SLIPWAY_CHECK(refuse_lost(stores.database.path, folder));
    return open_migrated(stores.database, {stores.database_owner.reveal()}, aws, index_is_in_database(stores));
}

Result<std::unique_ptr<store::Database>> open_index_database(const app::StoresSection& stores, AwsAccess& aws,
                                                             store::ContractSteps contract) {
    SLIPWAY_TRY(auto database, open_postgres(stores.index.url.reveal(), {stores.index_owner.reveal(), contract}, aws));
    SLIPWAY_CHECK(store::migrate_pgvector(*database));
    return database;
}

Result<std::unique_ptr<store::Database>> open_agents_database(const app::StoresSection& stores, AwsAccess& aws,
                                                              store::ContractSteps contract) {
    if (!agents_are_apart(stores)) return nullptr;
    SLIPWAY_TRY(auto database,
                open_postgres(stores.agents.url.reveal(), {stores.agents_owner.reveal(), contract}, aws));
    if (index_is_in_agents(stores)) SLIPWAY_CHECK(store::migrate_pgvector(*database));
    const auto migrations = agents_migrations();
    SLIPWAY_CHECK(run_to_end(database->migrate(migrations)));
    return database;
}

Result<std::optional<Milliseconds>> rest_after(const app::StoresSection& stores) {
    std::optional<Milliseconds> soonest;
    for (const auto* const url : {&stores.database, &stores.agents}) {
        if (!is_postgres(*url)) continue;
        SLIPWAY_TRY(const auto* const pq, store::postgres::libpq());
        SLIPWAY_TRY(const auto target, store::postgres::parse_url(*pq, url->url.reveal()));
        if (target.drains) soonest = std::min(soonest.value_or(rest_of(target)), rest_of(target));
    }
    return soonest;
}

bool agents_are_apart(const app::StoresSection& stores) {
    return is_postgres(stores.agents) && stores.agents.url.reveal() != stores.database.url.reveal();
}

bool index_is_in_agents(const app::StoresSection& stores) {
    return agents_are_apart(stores) && stores.index.url.reveal() == stores.agents.url.reveal();
}

bool index_is_in_postgres(const app::StoresSection& stores) { return is_postgres(stores.index); }

bool index_is_in_database(const app::StoresSection& stores) {
    return is_postgres(stores.index) && stores.index.url.reveal() == stores.database.url.reveal();
}

Result<std::string> migrate_database(const app::StoresSection& stores, const DataFolder& folder,
                                     const std::string& owner_url, store::ContractSteps contract, AwsAccess& aws) {
    const Owner owner{owner_url.empty() ? stores.database_owner.reveal() : owner_url, contract};
    if (is_postgres(stores.database) && owner.url.empty())
        return fail(
            ErrorCode::invalid,
            "Migrations of PostgreSQL are applied by the owner of the tables. Name the variable that holds the owner's "
            "URL with --owner-from NAME, or set stores.database_owner in the manifest.");
    if (!is_postgres(stores.database)) SLIPWAY_CHECK(refuse_lost(stores.database.path, folder));
    SLIPWAY_TRY(const auto database, open_migrated(stores.database, owner, aws, index_is_in_database(stores)));
    SLIPWAY_TRY(const auto status, run_to_end(database->status()));
    const auto migrations = all_migrations();
    SLIPWAY_TRY(const auto applied, run_to_end(store::applied_steps(*database)));
    SLIPWAY_TRY(const auto plan, store::plan_migrations(migrations, applied));
    auto done = fmt::format("{}: all {} steps are applied", status.engine, migrations.size() - plan.waiting.size());
    done += plan.waiting.empty() ? "." : fmt::format(", {} wait for --contract.", plan.waiting.size());
    SLIPWAY_TRY(const auto agents, open_agents_database(stores, aws, contract));
    if (agents != nullptr) done += fmt::format(" Agents: all {} steps are applied.", agents_migrations().size());
    if (!index_is_in_postgres(stores)) return done;
    if (!index_is_in_database(stores) && !index_is_in_agents(stores))
        SLIPWAY_CHECK(open_index_database(stores, aws, contract));
    return done + fmt::format(" Search index: all {} steps are applied.", store::pgvector_migrations().size());
}

// Of one database; null where there is none yet. `where` stands before each step.
static Result<void> add_waiting_steps(WaitingSteps& waiting, store::Database* database,
                                      std::span<const store::Migration> migrations, bool shared,
                                      std::string_view where) {
    std::vector<store::AppliedMigration> applied;
    if (database != nullptr) {
        SLIPWAY_TRY(applied, run_to_end(store::applied_steps(*database)));
    }
    SLIPWAY_TRY(const auto plan, store::plan_migrations(migrations, applied, store::ContractSteps::apply));
    waiting.blocked = waiting.blocked || (shared && !store::plan_migrations(migrations, applied));
    for (const auto* const step : plan.missing) {
        const auto why = store::contracts(*step, applied) ? store::contracting_statement(step->sql) : std::string();
        waiting.contract = waiting.contract || (shared && !why.empty());  // SQLite is one process's
        waiting.text += fmt::format("{}{} {}: {}\n", where, step->capability, step->number,
                                    why.empty() ? "expand" : fmt::format("contract ({})", why));
    }
    return {};
}

Result<WaitingSteps> waiting_steps(const app::StoresSection& stores, const std::string& owner_url, AwsAccess& aws) {
    std::error_code error;
    const bool shared = is_postgres(stores.database);
    std::unique_ptr<store::Database> database;
    if (shared) {
        SLIPWAY_TRY(database, open_postgres(owner_url.empty() ? stores.database.url.reveal() : owner_url, {}, aws));
    } else if (fs::exists(stores.database.path, error)) {
        SLIPWAY_TRY(database, store::open_sqlite(stores.database.path));
    }
    const auto migrations = shared && index_is_in_database(stores) ? every_migration() : all_migrations();
    WaitingSteps waiting;
    SLIPWAY_CHECK(add_waiting_steps(waiting, database.get(), migrations, shared, ""));
    if (!agents_are_apart(stores)) return waiting;
    const auto& owner = stores.agents_owner.empty() ? stores.agents.url : stores.agents_owner;
    SLIPWAY_TRY(const auto agents, open_postgres(owner.reveal(), {}, aws));
    SLIPWAY_CHECK(add_waiting_steps(waiting, agents.get(), agents_migrations(), true, "agents: "));
    return waiting;
}

Result<std::string> move_agents(const app::StoresSection& stores, const DataFolder& folder, AwsAccess& aws) {
    if (!agents_are_apart(stores))
        return fail(ErrorCode::invalid, "stores.agents names no database of its own to move chats to.");
    SLIPWAY_TRY(const auto database, open_database(stores, folder, aws));
    SLIPWAY_TRY(const auto agents, open_agents_database(stores, aws));
    return move_agents_rows(*database, *agents);
}

Result<std::string> database_script(const std::string& role) {
    const auto migrations = every_migration();
    return store::postgres_schema_script(migrations, role);
}

Result<std::vector<store::CopiedTable>> copy_database(const std::string& from, const std::string& to,
                                                      const std::string& owner_url, AwsAccess& aws,
                                                      const store::CopyProgress& progress) {
    SLIPWAY_TRY(const auto source_url, database_url(from, true));
    SLIPWAY_TRY(const auto target_url, database_url(to, false));
    SLIPWAY_TRY(const auto source, open_migrated(source_url, {}, aws));
    SLIPWAY_TRY(const auto target, open_migrated(target_url, {owner_url}, aws));
    return run_to_end(store::copy_rows(*source, *target, {.progress = progress}));
}

Result<void> restore_rows(const fs::path& backup, const app::StoresSection& stores, const DataFolder& folder,
                          AwsAccess& aws) {
    // A copy, since a backup of an earlier version has its tables changed first.
    const auto arriving = folder.path() / "restore.sqlite";
    std::error_code ignored;
    const auto remove = [&] {
        for (const auto* const ending : {"", "-wal", "-shm"}) fs::remove(arriving.string() + ending, ignored);
    };
    remove();
    SLIPWAY_CHECK(copy_durably(backup, arriving));
    auto restored = [&]() -> Result<void> {
        SLIPWAY_TRY(const auto source, open_migrated(app::StoreUrl::parse("sqlite:" + arriving.string()), {}, aws));
        std::unique_ptr<store::Database> target;
        if (is_postgres(stores.database)) {
            SLIPWAY_TRY(target, open_migrated(stores.database, {stores.database_owner.reveal()}, aws));
        }
        SLIPWAY_TRY(const auto agents, open_agents_database(stores, aws));
        return restore_apart(*source, target.get(), agents.get());
    }();
    remove();
    return restored;
}

}  // namespace slipway::serve
