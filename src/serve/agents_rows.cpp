#include "serve/agents_rows.h"

#include <algorithm>

#include "chat/tables.h"
#include "store/database/copy.h"
#include "store/database/sqlite.h"

namespace slipway::serve {
namespace {

constexpr std::string_view kSeries = "series";  // of the numbers that chats and messages have

bool is_agents(std::string_view table) { return std::ranges::find(chat::kTables, table) != chat::kTables.end(); }
bool is_agents_or_series(std::string_view table) { return table == kSeries || is_agents(table); }

// The higher number counts where both databases numbered chats at some time.
Task<void> raise_series(store::Database& from, store::Database& to) {
    SLIPWAY_CO_TRY(const auto rows,
                   co_await from.read(store::Scope::system(), "select workspace, name, value from series"));
    const store::Database::Body body = [&](store::Transaction& transaction) -> Task<void> {
        for (const auto row : rows) {
            store::Parameters values{row.text("workspace"), row.text("name"), row.integer("value")};
            SLIPWAY_CO_CHECK(co_await transaction.execute(
                "insert into series (workspace, name, value) values ($1, $2, $3) on conflict (workspace, name) do "
                "update set value = case when series.value > excluded.value then series.value else excluded.value end",
                std::move(values)));
        }
        co_return Result<void>();
    };
    co_return co_await to.transact(store::Scope::system(), body);
}

struct Held {
    std::int64_t chats = 0, messages = 0;
    bool operator==(const Held&) const = default;
};
constexpr std::string_view kHeld =
    "select (select count(*) from chats) as chats, (select count(*) from messages) as messages";
Held held_of(const store::Rows& rows) { return {rows.front().integer("chats"), rows.front().integer("messages")}; }

}  // namespace

std::vector<store::Migration> agents_migrations() {
    std::vector<store::Migration> all;
    for (const auto& part : {store::series_migrations(), chat::migrations_apart()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

Result<void> add_agents_rows(const std::filesystem::path& agents, const std::filesystem::path& database) {
    SLIPWAY_TRY(const auto from, store::open_sqlite(agents));
    SLIPWAY_TRY(const auto to, store::open_sqlite(database));
    SLIPWAY_TRY(const auto copied, run_to_end(store::copy_rows(*from, *to, {.takes = is_agents, .add = true})));
    return run_to_end(raise_series(*from, *to));
}

Result<void> remove_agents_rows(const std::filesystem::path& database) {
    SLIPWAY_TRY(const auto open, store::open_sqlite(database));
    SLIPWAY_CHECK(run_to_end(open->write(store::Scope::system(), "delete from messages")));
    SLIPWAY_CHECK(run_to_end(open->write(store::Scope::system(), "delete from chats")));
    return {};
}

Result<void> restore_apart(store::Database& backup, store::Database* database, store::Database* agents) {
    const store::CopyOptions of_agents{.takes = is_agents_or_series};
    store::CopyOptions of_database;
    if (agents != nullptr) {
        of_database.takes = [](std::string_view table) { return !is_agents(table); };
        SLIPWAY_CHECK(run_to_end(store::check_copy(backup, *agents, of_agents)));
    }
    if (database != nullptr) {
        SLIPWAY_TRY(const auto copied, run_to_end(store::copy_rows(backup, *database, of_database)));
    }
    if (agents != nullptr) {
        SLIPWAY_TRY(const auto copied, run_to_end(store::copy_rows(backup, *agents, of_agents)));
    }
    return {};
}

Result<void> refuse_left_behind(store::Database& database) {
    SLIPWAY_TRY(const auto rows, run_to_end(database.read(store::Scope::system(), std::string(kHeld))));
    const auto left = held_of(rows);
    if (left.chats == 0) return {};
    return fail(ErrorCode::conflict,
                "stores.agents names a database of its own, but stores.database holds {} chats from before, which "
                "nobody would see. Stop all servers and move them with `slipway migrate APP --move-agents`.",
                left.chats);
}

Result<std::string> move_agents_rows(store::Database& database, store::Database& agents) {
    SLIPWAY_TRY(const auto rows, run_to_end(database.read(store::Scope::system(), std::string(kHeld))));
    const auto before = held_of(rows);
    if (before.chats == 0) return std::string("No chats are left in stores.database.");
    SLIPWAY_TRY(const auto copied, run_to_end(store::copy_rows(database, agents, {.takes = is_agents, .add = true})));
    SLIPWAY_CHECK(run_to_end(raise_series(database, agents)));
    const store::Database::Body body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(const auto now, co_await transaction.execute(std::string(kHeld)));
        if (held_of(now) != before)
            co_return fail(ErrorCode::conflict,
                           "Chats were written to stores.database while they were moved, so they are still there: stop "
                           "all servers and run this again.");
        SLIPWAY_CO_CHECK(co_await transaction.execute("delete from messages"));
        SLIPWAY_CO_CHECK(co_await transaction.execute("delete from chats"));
        co_return Result<void>();
    };
    SLIPWAY_CHECK(run_to_end(database.transact(store::Scope::system(), body)));
    return fmt::format("{} chats with {} messages were moved to stores.agents.", before.chats, before.messages);
}

}  // namespace slipway::serve
