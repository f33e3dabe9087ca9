// Workspaces, migrations, backup, series.
#include "store/database/conformance.h"

namespace slipway::test {
namespace {

using store::Database;
using store::Migration;
using store::Parameters;
using store::Scope;
using store::Transaction;

const Scope kSystem = Scope::system();

Task<void> workspaces_do_not_see_each_other(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_CHECK(co_await insert_item(*database, kHere, "a", 1));
    SLIPWAY_CO_CHECK(co_await insert_item(*database, kThere, "a", 2));
    SLIPWAY_CO_CHECK(co_await insert_item(*database, kThere, "b", 3));
    SLIPWAY_CO_TRY(const auto here, co_await count_items(*database, kHere));
    SLIPWAY_CO_TRY(const auto there, co_await count_items(*database, kThere));
    SLIPWAY_CO_CHECK(expect(here == 1 && there == 2, "each workspace counts its own rows"));
    SLIPWAY_CO_TRY(const auto all, co_await database->read(kSystem, "SELECT count(*) AS n FROM item"));
    co_return expect(all.front().integer("n") == 3, "the system sees all");
}

Task<void> forgotten_workspace_is_refused(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_CHECK(co_await insert_item(*database, kThere, "a", 1));
    auto read = co_await database->read(kHere, "SELECT name FROM item");
    SLIPWAY_CO_CHECK(expect_error(read, ErrorCode::internal, "reading a tenant's table without $workspace"));
    SLIPWAY_CO_CHECK(expect(read.error().message.find("item") != std::string::npos, "the error names the table"));
    SLIPWAY_CO_CHECK(expect(read.error().message.find("$workspace") != std::string::npos, "the error names the rule"));
    auto erased = co_await database->write(kHere, "DELETE FROM item WHERE name = 'a'");
    SLIPWAY_CO_CHECK(expect_error(erased, ErrorCode::internal, "deleting without $workspace"));
    auto inner = co_await database->read(kHere, "SELECT value FROM world WHERE name IN (SELECT name FROM item)");
    SLIPWAY_CO_CHECK(expect_error(inner, ErrorCode::internal, "a tenant's table in a subquery without $workspace"));
    SLIPWAY_CO_TRY(const auto count, co_await count_items(*database, kThere));
    SLIPWAY_CO_CHECK(expect(count == 1, "the other workspace is untouched"));
    SLIPWAY_CO_CHECK(co_await database->read(kHere, "SELECT value FROM world"));
    auto nobody = co_await database->read(kSystem, "SELECT name FROM item WHERE workspace = $workspace");
    co_return expect_error(nobody, ErrorCode::internal, "$workspace in the scope of the system");
}

constexpr Migration kFirst{
    .capability = "history", .number = 1, .sql = "CREATE TABLE history (id {serial}, text TEXT)"};
constexpr Migration kSecond{.capability = "history",
                            .number = 2,
                            .sql =
                                "CREATE TABLE event (id {serial}, text TEXT); INSERT INTO event (text) VALUES "
                                "('a'); INSERT INTO event (text) VALUES ('b')"};
constexpr Migration kFailing{.capability = "history",
                             .number = 3,
                             .sql = "INSERT INTO event (text) VALUES ('c'); INSERT INTO nowhere VALUES (1)"};

Task<std::int64_t> count_history(Database& database) {
    SLIPWAY_CO_TRY(const auto rows, co_await database.read(kSystem, "SELECT count(*) AS n FROM event"));
    co_return rows.front().integer("n");
}

Task<void> migrations_are_applied_once(DatabasePlace& place) {
    const std::vector<Migration> one{kFirst};
    const std::vector<Migration> two{kFirst, kSecond};
    for (int round = 0; round < 2; ++round) {
        SLIPWAY_CO_TRY(auto database, place.open());
        if (round == 0) {
            SLIPWAY_CO_CHECK(co_await database->migrate(one));
        }
        SLIPWAY_CO_CHECK(co_await database->migrate(two));
        SLIPWAY_CO_TRY(const auto count, co_await count_history(*database));
        SLIPWAY_CO_CHECK(expect(count == 2, "each step was applied once, also after opening again"));
    }
    co_return Result<void>();
}

Task<void> a_failing_migration_leaves_no_half(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, place.open());
    const std::vector<Migration> three{kFirst, kSecond, kFailing};
    const auto failed = co_await database->migrate(three);
    SLIPWAY_CO_CHECK(expect(!failed, "a wrong step fails"));
    SLIPWAY_CO_TRY(const auto count, co_await count_history(*database));
    SLIPWAY_CO_CHECK(expect(count == 2, "the steps before it stay, its own half does not"));
    const std::vector<Migration> two{kFirst, kSecond};
    co_return co_await database->migrate(two);
}

constexpr Migration kAdding{
    .capability = "history",
    .number = 2,
    .sql = "ALTER TABLE history ADD COLUMN more BIGINT NOT NULL DEFAULT 7; CREATE TABLE later (id BIGINT)"};
constexpr Migration kRemoving{
    .capability = "history", .number = 3, .sql = "ALTER TABLE history DROP COLUMN more; DROP TABLE later"};

Task<void> newer_data_that_was_added_to_is_served(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto newer, place.open());
    const std::vector<Migration> two{kFirst, kAdding};
    SLIPWAY_CO_CHECK(co_await newer->migrate(two));
    newer.reset();
    SLIPWAY_CO_TRY(auto older, place.open());
    const std::vector<Migration> one{kFirst};
    SLIPWAY_CO_CHECK(co_await older->migrate(one));
    SLIPWAY_CO_CHECK(co_await older->write(kSystem, "INSERT INTO history (text) VALUES ('a')"));
    SLIPWAY_CO_TRY(const auto rows, co_await older->read(kSystem, "SELECT more FROM history"));
    co_return expect(rows.size() == 1 && rows.front().integer("more") == 7, "an older program writes beside it");
}

Task<void> newer_data_that_was_taken_from_is_refused(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto newer, place.open());
    const std::vector<Migration> three{kFirst, kAdding, kRemoving};
    SLIPWAY_CO_CHECK(co_await newer->migrate(three));
    newer.reset();
    for (const std::size_t known : {1, 2}) {
        SLIPWAY_CO_TRY(auto older, place.open());
        const std::span<const Migration> some(three.data(), known);
        const auto refused = co_await older->migrate(some);
        SLIPWAY_CO_CHECK(expect_error(refused, ErrorCode::conflict, "data that a newer program took from"));
    }
    co_return Result<void>();
}

// Steps that a release applied which did not note from where on a program works: what is newer stays refused.
Task<void> steps_without_a_note_are_taken_over(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, place.open());
    const std::vector<Migration> two{kFirst, kAdding};
    SLIPWAY_CO_CHECK(co_await database->migrate(two));
    const std::vector<Migration> before{
        {.capability = "before", .number = 1, .sql = "UPDATE schema_migration SET works_from = NULL"}};
    SLIPWAY_CO_CHECK(co_await database->migrate(before));
    database.reset();
    SLIPWAY_CO_TRY(auto older, place.open());
    const std::vector<Migration> one{kFirst};
    const auto refused = co_await older->migrate(one);
    SLIPWAY_CO_CHECK(expect_error(refused, ErrorCode::conflict, "newer data of which nothing is noted"));
    SLIPWAY_CO_CHECK(co_await older->migrate(two));
    co_return co_await older->migrate(one);
}

Task<void> changed_migrations_are_refused(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, place.open());
    const std::vector<Migration> one{kFirst};
    SLIPWAY_CO_CHECK(co_await database->migrate(one));
    Migration changed = kFirst;
    changed.sql = "CREATE TABLE history (id {serial}, text TEXT, more TEXT)";
    const std::vector<Migration> other{changed};
    const auto refused = co_await database->migrate(other);
    SLIPWAY_CO_CHECK(expect_error(refused, ErrorCode::conflict, "a step with another checksum"));
    const std::vector<Migration> gap{kFirst, kFailing};
    const auto gapped = co_await database->migrate(gap);
    co_return expect_error(gapped, ErrorCode::internal, "numbers with a gap");
}

Task<void> add_two(Transaction& transaction, int number) {
    for (const char half : {'a', 'b'}) {
        const Parameters parameters{fmt::format("{}{}", number, half)};
        SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO world VALUES ($1, 1)", parameters));
    }
    co_return Result<void>();
}

Task<void> keep_writing(Database& database, const bool& stop, int& written) {
    while (!stop && written < 20'000) {
        const int number = written++;
        Database::Body body = [number](Transaction& transaction) { return add_two(transaction, number); };
        SLIPWAY_CO_CHECK(co_await database.transact(kSystem, body));
    }
    co_return Result<void>();
}

Task<void> check_backups(Database& database, DatabasePlace& place, bool& stop) {
    for (int round = 0; round < 3; ++round) {
        SLIPWAY_CO_TRY(const auto before, co_await database.read(kSystem, "SELECT count(*) AS n FROM world"));
        SLIPWAY_CO_CHECK(co_await database.backup(place.backup_file()));
        SLIPWAY_CO_TRY(auto copy, place.open_backup(place.backup_file()));
        SLIPWAY_CO_TRY(const auto rows, co_await copy->read(kSystem, "SELECT count(*) AS n FROM world"));
        const auto count = rows.front().integer("n");
        SLIPWAY_CO_CHECK(expect(count % 2 == 0, "a backup holds a transaction whole or not at all"));
        SLIPWAY_CO_CHECK(
            expect(count >= before.front().integer("n"), "a backup holds all that was committed before it"));
    }
    stop = true;
    co_return Result<void>();
}

Task<void> stop_after(Task<void> task, bool& stop) {
    auto result = co_await std::move(task);
    stop = true;
    co_return result;
}

Task<void> backup_while_writing_is_consistent(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    bool stop = false;
    int written = 0;
    std::vector<Task<void>> tasks;
    tasks.push_back(keep_writing(*database, stop, written));
    tasks.push_back(stop_after(check_backups(*database, place, stop), stop));
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    co_return first_failure(results);
}

Task<std::int64_t> next_of_a(Database& database, Scope scope) {
    std::int64_t number = 0;
    const Database::Body body = [&number](Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(number, co_await store::next_number(transaction, "a"));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database.transact(std::move(scope), body));
    co_return number;
}

Task<void> series_count_per_workspace(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, place.open());
    SLIPWAY_CO_CHECK(co_await database->migrate(store::series_migrations()));
    for (std::int64_t i = 1; i <= 3; ++i) {
        SLIPWAY_CO_TRY(const auto number, co_await next_of_a(*database, kHere));
        SLIPWAY_CO_CHECK(expect(number == i, "numbers count from 1 without gaps"));
    }
    SLIPWAY_CO_TRY(const auto other, co_await next_of_a(*database, kThere));
    co_return expect(other == 1, "each workspace counts by itself");
}

Task<void> status_names_the_engine(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, place.open());
    SLIPWAY_CO_TRY(const auto status, co_await database->status());
    co_return expect(!status.engine.empty() && status.latency.count() >= 0, "an engine");
}

constexpr DatabaseCheck kChecks[] = {
    {"workspaces_do_not_see_each_other", workspaces_do_not_see_each_other},
    {"forgotten_workspace_is_refused", forgotten_workspace_is_refused},
    {"migrations_are_applied_once", migrations_are_applied_once},
    {"a_failing_migration_leaves_no_half", a_failing_migration_leaves_no_half},
    {"newer_data_that_was_added_to_is_served", newer_data_that_was_added_to_is_served},
    {"newer_data_that_was_taken_from_is_refused", newer_data_that_was_taken_from_is_refused},
    {"steps_without_a_note_are_taken_over", steps_without_a_note_are_taken_over},
    {"changed_migrations_are_refused", changed_migrations_are_refused},
    {"backup_while_writing_is_consistent", backup_while_writing_is_consistent},
    {"series_count_per_workspace", series_count_per_workspace},
    {"status_names_the_engine", status_names_the_engine},
};

}  // namespace

std::span<const DatabaseCheck> database_promise_checks() { return kChecks; }

}  // namespace slipway::test
