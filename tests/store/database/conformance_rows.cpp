// Values, transactions, concurrency.
#include <boost/asio/co_spawn.hpp>

#include "store/database/conformance.h"

namespace slipway::test {
namespace {

using store::Bytes;
using store::Database;
using store::Parameters;
using store::Rows;
using store::Scope;
using store::Transaction;
using store::Value;

const Scope kSystem = Scope::system();

Task<Rows> round_trip(Database& database, Parameters parameters) {
    static constexpr store::Migration kValues[] = {
        {.capability = "values",
         .number = 1,
         .sql = "CREATE TABLE one (i BIGINT, d DOUBLE PRECISION, t TEXT, b {bytes}, z TEXT)"}};
    SLIPWAY_CO_CHECK(co_await database.migrate(kValues));
    SLIPWAY_CO_CHECK(
        co_await database.write(kSystem, "INSERT INTO one (i, d, t, b, z) VALUES ($1, $2, $3, $4, $5)", parameters));
    co_return co_await database.read(kSystem, "SELECT i, d, t, b, z FROM one");
}

Task<void> values_round_trip(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, place.open());
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const std::string text = "añ\xE6\xBC\xA2\xF0\x9F\x98\x80 'quoted' \"and\" \\ $1 {bytes}\n";
    const std::int64_t least = std::numeric_limits<std::int64_t>::min();
    const Parameters parameters{least, 0.1, text, Bytes{bytes}, nullptr};
    SLIPWAY_CO_TRY(const auto rows, co_await round_trip(*database, parameters));
    SLIPWAY_CO_CHECK(expect(rows.size() == 1, "one row"));
    const auto row = rows.front();
    SLIPWAY_CO_CHECK(expect(row.integer("i") == least, "the least integer"));
    SLIPWAY_CO_CHECK(expect(row.number("d") == 0.1, "a double, exactly"));
    SLIPWAY_CO_CHECK(expect(row.text("t") == text, "text in any script"));
    SLIPWAY_CO_CHECK(expect(row.bytes("b") == bytes, "every byte"));
    co_return expect(!row.optional_text("z") && row.value("z").is_null(), "NULL");
}

Task<void> large_values_round_trip(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, place.open());
    const std::string text(3'000'000, 't');
    const std::string bytes(5'000'000, '\0');
    const Parameters parameters{1, 1.0, text, Bytes{bytes}, ""};
    SLIPWAY_CO_TRY(const auto rows, co_await round_trip(*database, parameters));
    SLIPWAY_CO_CHECK(expect(rows.front().text("t") == text, "3 MB of text"));
    SLIPWAY_CO_CHECK(expect(rows.front().bytes("b") == bytes, "5 MB of bytes"));
    co_return expect(rows.front().optional_text("z") == "", "empty text is not NULL");
}

Task<void> text_with_nul_is_refused(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    auto inserted = co_await insert_item(*database, kHere, std::string("a\0b", 3), 1);
    co_return expect_error(inserted, ErrorCode::invalid, "text with a NUL character");
}

Task<void> wrong_parameters_are_internal(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    const Parameters two{1, 2};
    auto many = co_await database->read(kSystem, "SELECT value FROM world WHERE value = $1", two);
    SLIPWAY_CO_CHECK(expect_error(many, ErrorCode::internal, "more parameters than named"));
    auto few = co_await database->read(kSystem, "SELECT value FROM world WHERE value = $1");
    SLIPWAY_CO_CHECK(expect_error(few, ErrorCode::internal, "fewer parameters than named"));
    auto wrong = co_await database->read(kSystem, "SELECT value FROM nowhere");
    co_return expect_error(wrong, ErrorCode::internal, "a table that does not exist");
}

Task<void> reads_see_what_was_written(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    for (int i = 1; i <= 20; ++i) {
        SLIPWAY_CO_CHECK(co_await insert_item(*database, kHere, fmt::format("{}", i), i));
        SLIPWAY_CO_TRY(const auto count, co_await count_items(*database, kHere));
        SLIPWAY_CO_CHECK(expect(count == i, "a read sees every write that was acknowledged"));
    }
    co_return Result<void>();
}

Task<void> written_data_outlives_the_adapter(DatabasePlace& place) {
    {
        SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
        SLIPWAY_CO_CHECK(co_await insert_item(*database, kHere, "a", 7));
    }
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_TRY(const auto count, co_await count_items(*database, kHere));
    co_return expect(count == 1, "the row is there after opening again");
}

Task<void> reads_do_not_write(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    auto read = co_await database->read(kSystem, "INSERT INTO world VALUES ('a', 1)");
    SLIPWAY_CO_CHECK(expect_error(read, ErrorCode::internal, "a read that writes"));
    SLIPWAY_CO_TRY(const auto rows, co_await database->read(kSystem, "SELECT name FROM world"));
    co_return expect(rows.empty(), "nothing was written");
}

Task<void> conflicts_name_their_constraint(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_CHECK(co_await insert_item(*database, kHere, "a", 1));
    auto twice = co_await insert_item(*database, kHere, "a", 2);
    SLIPWAY_CO_CHECK(expect_error(twice, ErrorCode::conflict, "a second row with the same key"));
    SLIPWAY_CO_CHECK(expect(twice.error().details.contains("constraint"), "details.constraint"));
    SLIPWAY_CO_CHECK(co_await insert_item(*database, kThere, "a", 1));
    auto dangling = co_await database->write(kSystem, "INSERT INTO part VALUES ('none')");
    SLIPWAY_CO_CHECK(expect_error(dangling, ErrorCode::conflict, "a reference to what does not exist"));
    auto negative = co_await database->write(kSystem, "INSERT INTO world VALUES ('a', -1)");
    co_return expect_error(negative, ErrorCode::conflict, "a value that CHECK refuses");
}

Task<void> statements_tell_what_they_changed(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    std::string insert =
        "INSERT INTO world VALUES ('a', 1), ('b', 2) ON CONFLICT (name) DO NOTHING RETURNING name, value";
    SLIPWAY_CO_TRY(const auto first, co_await database->write(kSystem, insert));
    SLIPWAY_CO_CHECK(expect(first.changed() == 2 && first.size() == 2, "two rows inserted and returned"));
    SLIPWAY_CO_TRY(const auto again, co_await database->write(kSystem, insert));
    SLIPWAY_CO_CHECK(expect(again.changed() == 0 && again.empty(), "an expected conflict changes and returns nothing"));
    SLIPWAY_CO_TRY(const auto updated, co_await database->write(kSystem, "UPDATE world SET value = value + 1"));
    SLIPWAY_CO_CHECK(expect(updated.changed() == 2 && updated.empty(), "two rows updated"));
    SLIPWAY_CO_TRY(const auto read, co_await database->read(kSystem, "SELECT value FROM world ORDER BY name"));
    SLIPWAY_CO_CHECK(expect(read.changed() == 0 && read.size() == 2, "a read changes nothing"));
    co_return expect(read[0].integer("value") == 2 && read[1].integer("value") == 3, "rows in the order asked for");
}

Task<void> insert_and_fail(Transaction& transaction) {
    SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO world VALUES ('a', 1)"));
    co_return fail(ErrorCode::not_found, "as the body decided");
}

Task<void> insert_and_throw(Transaction& transaction) {
    SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO world VALUES ('b', 1)"));
    throw std::runtime_error("a bug in the body");
}

Task<void> insert_and_ignore_a_failure(Transaction& transaction) {
    SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO world VALUES ('c', 1)"));
    static_cast<void>(co_await transaction.execute("INSERT INTO world VALUES ('c', 1)"));
    static_cast<void>(co_await transaction.execute("INSERT INTO world VALUES ('d', 1)"));
    co_return Result<void>();
}

Task<void> failed_bodies_leave_nothing(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    auto failed = co_await database->transact(kSystem, insert_and_fail);
    SLIPWAY_CO_CHECK(expect_error(failed, ErrorCode::not_found, "a body that fails"));
    auto threw = co_await database->transact(kSystem, insert_and_throw);
    SLIPWAY_CO_CHECK(expect_error(threw, ErrorCode::internal, "a body that throws"));
    auto ignored = co_await database->transact(kSystem, insert_and_ignore_a_failure);
    SLIPWAY_CO_CHECK(expect_error(ignored, ErrorCode::conflict, "a body that ignores a failed statement"));
    SLIPWAY_CO_TRY(const auto rows, co_await database->read(kSystem, "SELECT name FROM world"));
    SLIPWAY_CO_CHECK(expect(rows.empty(), "nothing of failed transactions remains"));
    SLIPWAY_CO_CHECK(co_await database->write(kSystem, "INSERT INTO world VALUES ('e', 1)"));
    co_return Result<void>();
}

Task<std::int64_t> increment(Transaction& transaction) {
    SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute("SELECT value FROM world WHERE name = 'counter'"));
    const auto value = rows.front().integer("value") + 1;
    const Parameters parameters{value};
    SLIPWAY_CO_CHECK(co_await transaction.execute("UPDATE world SET value = $1 WHERE name = 'counter'", parameters));
    SLIPWAY_CO_TRY(const auto again, co_await transaction.execute("SELECT value FROM world WHERE name = 'counter'"));
    if (again.front().integer("value") != value)
        co_return fail(ErrorCode::internal, "a transaction sees its own writes");
    co_return value;
}

Task<void> increment_once(Database& database, std::set<std::int64_t>& seen) {
    std::int64_t value = 0;
    const Database::Body body = [&value](Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(value, co_await increment(transaction));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database.transact(kSystem, body));
    seen.insert(value);
    co_return Result<void>();
}

Task<void> concurrent_transactions_are_all_counted(DatabasePlace& place) {
    constexpr int kTransactions = 64;
    {
        SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
        SLIPWAY_CO_CHECK(co_await database->write(kSystem, "INSERT INTO world VALUES ('counter', 0)"));
        std::set<std::int64_t> seen;
        std::vector<Task<void>> tasks;
        for (int i = 0; i < kTransactions; ++i) tasks.push_back(increment_once(*database, seen));
        auto all = all_of(std::move(tasks));
        const auto results = co_await std::move(all);
        SLIPWAY_CO_CHECK(first_failure(results));
        SLIPWAY_CO_CHECK(expect(seen.size() == kTransactions, "no two transactions read the same value"));
    }
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_TRY(const auto rows, co_await database->read(kSystem, "SELECT value FROM world"));
    co_return expect(rows.front().integer("value") == kTransactions, "64 concurrent transactions add up, durably");
}

// Each of many guards what it changes by the statement that changes it.
Task<void> take_and_count(Database& database, int& taken) {
    const Database::Body body = [](Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("INSERT INTO world VALUES ('sum', 1) ON CONFLICT (name) DO UPDATE SET "
                                         "value = world.value + 1"));
        SLIPWAY_CO_CHECK(co_await transaction.execute("UPDATE world SET value = value + 1 WHERE name = 'sum'"));
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database.transact_guarded(kSystem, body));
    SLIPWAY_CO_TRY(const auto rows, co_await database.write_guarded(
                                        kSystem, "UPDATE world SET value = 1 WHERE name = 'free' AND value = 0"));
    taken += static_cast<int>(rows.changed());
    co_return Result<void>();
}

Task<void> guarded_transactions_are_all_counted(DatabasePlace& place) {
    constexpr int kTransactions = 64;
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_CHECK(co_await database->write(kSystem, "INSERT INTO world VALUES ('free', 0)"));
    int taken = 0;
    std::vector<Task<void>> tasks;
    for (int i = 0; i < kTransactions; ++i) tasks.push_back(take_and_count(*database, taken));
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    SLIPWAY_CO_CHECK(first_failure(results));
    SLIPWAY_CO_CHECK(expect(taken == 1, "what is free is taken once"));
    SLIPWAY_CO_TRY(const auto rows, co_await database->read(kSystem, "SELECT value FROM world WHERE name = 'sum'"));
    co_return expect(rows.front().integer("value") == 2 * kTransactions, "64 guarded transactions add up");
}

Task<void> one_failure_among_many(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 30; ++i) tasks.push_back(insert_item(*database, kHere, fmt::format("{}", i / 2), i));
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    const auto good = std::ranges::count_if(results, [](const auto& result) { return result.has_value(); });
    SLIPWAY_CO_CHECK(expect(good == 15, "of two with the same key one succeeds and one fails"));
    const auto conflict = [](const auto& result) { return result || result.error().code == ErrorCode::conflict; };
    SLIPWAY_CO_CHECK(expect(std::ranges::all_of(results, conflict), "the other one is told of the conflict"));
    SLIPWAY_CO_TRY(const auto count, co_await count_items(*database, kHere));
    co_return expect(count == 15, "failures do not hurt their neighbours");
}

Task<void> add_pair(Transaction& transaction, int number) {
    const Parameters first{fmt::format("{}a", number)};
    const Parameters second{fmt::format("{}b", number)};
    SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO world VALUES ($1, 1)", first));
    SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO world VALUES ($1, 1)", second));
    co_return Result<void>();
}

Task<void> write_pairs(Database& database, int from) {
    for (int i = from; i < from + 25; ++i) {
        Database::Body body = [i](Transaction& transaction) { return add_pair(transaction, i); };
        SLIPWAY_CO_CHECK(co_await database.transact(kSystem, body));
    }
    co_return Result<void>();
}

Task<void> read_pairs(Database& database) {
    for (int i = 0; i < 50; ++i) {
        SLIPWAY_CO_TRY(const auto rows, co_await database.read(kSystem, "SELECT count(*) AS n FROM world"));
        SLIPWAY_CO_CHECK(expect(rows.front().integer("n") % 2 == 0, "a reader sees a transaction whole or not at all"));
    }
    co_return Result<void>();
}

Task<void> readers_beside_a_writer(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 4; ++i) {
        tasks.push_back(write_pairs(*database, i * 100));
        tasks.push_back(read_pairs(*database));
    }
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    co_return first_failure(results);
}

Task<void> expect_often(Database& database, Scope scope, std::string sql, std::int64_t expected,
                        std::string_view what) {
    for (int i = 0; i < 2; ++i) {
        SLIPWAY_CO_TRY(const auto rows, co_await database.read_often(scope, sql));
        SLIPWAY_CO_CHECK(expect(rows.front().integer("n") == expected, what));
    }
    co_return Result<void>();
}

Task<void> rows_read_often_are_those_of_now(DatabasePlace& place) {
    static constexpr store::Migration kTables[] = {
        {.capability = "often",
         .number = 1,
         .sql = "CREATE TABLE owner (name TEXT PRIMARY KEY);CREATE TABLE owned (name TEXT PRIMARY KEY, owner TEXT NOT "
                "NULL REFERENCES owner (name) ON DELETE CASCADE)"}};
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_CHECK(co_await database->migrate(kTables));
    const std::string count = "SELECT count(*) AS n FROM owned";
    SLIPWAY_CO_CHECK(co_await expect_often(*database, kSystem, count, 0, "nothing at first"));
    SLIPWAY_CO_CHECK(co_await database->write(kSystem, "INSERT INTO owner VALUES ('a')"));
    for (int i = 1; i <= 20; ++i) {
        const Parameters parameters{fmt::format("{}", i)};
        SLIPWAY_CO_CHECK(co_await database->write(kSystem, "INSERT INTO owned VALUES ($1, 'a')", parameters));
        SLIPWAY_CO_CHECK(co_await expect_often(*database, kSystem, count, i, "every write that was acknowledged"));
    }
    auto failed = co_await database->transact(kSystem, insert_and_fail);
    SLIPWAY_CO_CHECK(expect_error(failed, ErrorCode::not_found, "a body that fails"));
    SLIPWAY_CO_CHECK(
        co_await expect_often(*database, kSystem, "SELECT count(*) AS n FROM world", 0, "nothing of a failed body"));
    SLIPWAY_CO_CHECK(co_await database->write(kSystem, "DELETE FROM owner"));
    SLIPWAY_CO_CHECK(co_await expect_often(*database, kSystem, count, 0, "what was deleted with its owner is gone"));

    const std::string items = "SELECT count(*) AS n FROM item WHERE workspace = $workspace";
    SLIPWAY_CO_CHECK(co_await insert_item(*database, kHere, "a", 1));
    SLIPWAY_CO_CHECK(co_await expect_often(*database, kHere, items, 1, "the workspace's own row"));
    SLIPWAY_CO_CHECK(co_await expect_often(*database, kThere, items, 0, "none of another workspace"));
    auto unnamed = co_await database->read_often(kHere, "SELECT count(*) AS n FROM item");
    SLIPWAY_CO_CHECK(expect_error(unnamed, ErrorCode::internal, "a workspace that is not named"));
    auto writes = co_await database->read_often(kSystem, "DELETE FROM item");
    co_return expect_error(writes, ErrorCode::internal, "a read that writes");
}

Task<void> increment_and_look(Database& database) {
    for (int i = 0; i < 25; ++i) {
        std::set<std::int64_t> seen;
        SLIPWAY_CO_CHECK(co_await increment_once(database, seen));
        SLIPWAY_CO_TRY(const auto rows, co_await database.read_often(kSystem, "SELECT value FROM world"));
        SLIPWAY_CO_CHECK(expect(rows.front().integer("value") >= *seen.begin(), "what this one wrote, or later"));
    }
    co_return Result<void>();
}

Task<void> rows_read_often_beside_writers(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    SLIPWAY_CO_CHECK(co_await database->write(kSystem, "INSERT INTO world VALUES ('counter', 0)"));
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(increment_and_look(*database));
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    co_return first_failure(results);
}

Task<void> insert_and_wait(Transaction& transaction) {
    SLIPWAY_CO_CHECK(co_await transaction.execute("INSERT INTO world VALUES ('waited', 1)"));
    co_await sleep_for(std::chrono::minutes(5));
    co_return Result<void>();
}

Task<void> cancelled_transactions_roll_back(DatabasePlace& place) {
    SLIPWAY_CO_TRY(auto database, co_await open_with_tables(place));
    auto transaction = database->transact(kSystem, insert_and_wait);
    auto limited = with_timeout(std::move(transaction), Milliseconds(50), "The transaction");
    auto result = co_await std::move(limited);
    SLIPWAY_CO_CHECK(expect_error(result, ErrorCode::unavailable, "a transaction that is cancelled"));
    SLIPWAY_CO_CHECK(co_await database->write(kSystem, "INSERT INTO world VALUES ('after', 1)"));
    SLIPWAY_CO_TRY(const auto rows, co_await database->read(kSystem, "SELECT name FROM world"));
    co_return expect(rows.size() == 1 && rows.front().text("name") == "after",
                     "nothing of the cancelled transaction remains");
}

constexpr DatabaseCheck kChecks[] = {
    {"values_round_trip", values_round_trip},
    {"large_values_round_trip", large_values_round_trip},
    {"text_with_nul_is_refused", text_with_nul_is_refused},
    {"wrong_parameters_are_internal", wrong_parameters_are_internal},
    {"reads_see_what_was_written", reads_see_what_was_written},
    {"written_data_outlives_the_adapter", written_data_outlives_the_adapter},
    {"reads_do_not_write", reads_do_not_write},
    {"conflicts_name_their_constraint", conflicts_name_their_constraint},
    {"statements_tell_what_they_changed", statements_tell_what_they_changed},
    {"failed_bodies_leave_nothing", failed_bodies_leave_nothing},
    {"concurrent_transactions_are_all_counted", concurrent_transactions_are_all_counted},
    {"guarded_transactions_are_all_counted", guarded_transactions_are_all_counted},
    {"one_failure_among_many", one_failure_among_many},
    {"readers_beside_a_writer", readers_beside_a_writer},
    {"rows_read_often_are_those_of_now", rows_read_often_are_those_of_now},
    {"rows_read_often_beside_writers", rows_read_often_beside_writers},
    {"cancelled_transactions_roll_back", cancelled_transactions_roll_back},
};

}  // namespace

std::span<const DatabaseCheck> database_checks() { return kChecks; }

}  // namespace slipway::test
