// What happens to the SQLite adapter when the world around it fails.
#include <csignal>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/database/sqlite.h"
#include "store/database/sqlite_place.h"

namespace slipway::test {
namespace {

using store::Database;
using store::open_sqlite;
using store::Parameters;
using store::Scope;
using store::SqliteOptions;
using store::Transaction;

std::unique_ptr<Database> with_tables(SqlitePlace& place) { return run_to_end(open_with_tables(place)).value(); }

Result<void> put(Database& database, std::string name) {
    return run_to_end(insert_item(database, kHere, std::move(name), 1));
}

std::int64_t count(Database& database) { return run_to_end(count_items(database, kHere)).value(); }

TEST(SqliteFaults, AFullDiskIsAnErrorThatSaysSoAndNothingIsHalfWritten) {
    SqlitePlace place(SqliteOptions{.file_bytes_max = 256 << 10});
    auto database = with_tables(place);
    std::int64_t good = 0;
    Result<void> result;
    while ((result = put(*database, fmt::format("{}-{}", good, std::string(8000, 'x'))))) ASSERT_LT(++good, 1000);
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_NE(result.error().message.find("full"), std::string::npos) << result.error().message;
    EXPECT_EQ(count(*database), good);
    ASSERT_TRUE(run_to_end(database->write(kHere, "DELETE FROM item WHERE workspace = $workspace")).has_value());
    EXPECT_TRUE(put(*database, "again").has_value());
}

TEST(SqliteFaults, AFullDiskInAGroupFailsOnlyWhatDoesNotFit) {
    SqlitePlace place(SqliteOptions{.file_bytes_max = 256 << 10});
    auto database = with_tables(place);
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 40; ++i)
        tasks.push_back(
            insert_item(*database, kHere, fmt::format("{}-{}", i, std::string(i % 4 ? 10 : 50'000, 'x')), i));
    const auto results = run_to_end(all_of(std::move(tasks)));
    const auto good = std::ranges::count_if(results, [](const auto& result) { return result.has_value(); });
    EXPECT_GE(good, 30);
    EXPECT_LT(good, 40);
    EXPECT_EQ(count(*database), good);
}

TEST(SqliteFaults, AFolderThatCannotBeWrittenIsNamed) {
    TemporaryFolder folder;
    std::ofstream(folder / "file") << "not a folder";
    const auto opened = open_sqlite(folder / "file" / "data.db");
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
    EXPECT_NE(opened.error().message.find("file"), std::string::npos);
}

// Root may write anywhere, so the child becomes nobody first.
TEST(SqliteFaults, AReadOnlyFolderIsNamedWithWhatToDo) {
    TemporaryFolder folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all |
                                                    std::filesystem::perms::others_read |
                                                    std::filesystem::perms::others_exec);
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0) _exit(3);
        if (geteuid() != 65534) chmod(folder.path().c_str(), 0555);
        const auto opened = open_sqlite(folder / "data.db");
        const bool good = !opened && opened.error().code == ErrorCode::unavailable &&
                          opened.error().message.find("data.db") != std::string::npos;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST(SqliteFaults, ADamagedFileIsNamedWithWhatToDo) {
    TemporaryFolder folder;
    std::ofstream(folder / "data.db") << std::string(100'000, '\x07');
    const auto opened = open_sqlite(folder / "data.db");
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
    EXPECT_NE(opened.error().message.find("data.db"), std::string::npos);
    EXPECT_NE(opened.error().message.find("slipway restore"), std::string::npos);
}

TEST(SqliteFaults, DamageInsideAFileIsAnErrorOfTheStatementThatMeetsIt) {
    SqlitePlace place;
    {
        auto database = with_tables(place);
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(put(*database, fmt::format("{}-{}", i, std::string(3000, 'x'))).has_value());
    }
    std::fstream file(place.folder() / "data.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 8);
    file << std::string(4096 * 40, '\x07');
    file.close();
    auto database = place.open().value();
    const auto rows = run_to_end(database->read(kHere, "SELECT name, size FROM item WHERE workspace = $workspace"));
    ASSERT_FALSE(rows.has_value());
    EXPECT_EQ(rows.error().code, ErrorCode::unavailable);
    EXPECT_NE(rows.error().message.find("slipway restore"), std::string::npos) << rows.error().message;
}

// Writes rows and tells each one that was acknowledged, until it is killed.
[[noreturn]] void write_until_killed(const std::filesystem::path& file, int pipe) {
    auto database = open_sqlite(file).value();
    for (int round = 0;; ++round) {
        std::vector<Task<void>> tasks;
        for (int i = 0; i < 16; ++i)
            tasks.push_back(insert_item(*database, kHere, fmt::format("{}", round * 16 + i), 1));
        const auto results = run_to_end(all_of(std::move(tasks)));
        for (int i = 0; i < 16; ++i) {
            const int number = round * 16 + i;
            if (results[static_cast<std::size_t>(i)] && write(pipe, &number, sizeof number) != sizeof number) _exit(1);
        }
    }
}

TEST(SqliteFaults, WhatWasAcknowledgedSurvivesKill) {
    SqlitePlace place;
    with_tables(place);
    for (int kill_after : {1, 100, 400}) {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            write_until_killed(place.folder() / fmt::format("data.db"), ends[1]);
        }
        close(ends[1]);
        std::vector<int> acknowledged;
        int number = 0;
        while (static_cast<int>(acknowledged.size()) < kill_after &&
               read(ends[0], &number, sizeof number) == sizeof number)
            acknowledged.push_back(number);
        kill(child, SIGKILL);
        // What was in the pipe when it died was acknowledged too.
        while (read(ends[0], &number, sizeof number) == sizeof number) acknowledged.push_back(number);
        close(ends[0]);
        waitpid(child, nullptr, 0);
        ASSERT_GE(static_cast<int>(acknowledged.size()), kill_after);
        auto database = place.open().value();
        for (const int each : acknowledged) {
            const Parameters parameters{fmt::format("{}", each)};
            const auto rows = run_to_end(
                database->read(kHere, "SELECT size FROM item WHERE workspace = $workspace AND name = $1", parameters));
            ASSERT_TRUE(rows.has_value()) << rows.error().message;
            EXPECT_EQ(rows->size(), 1) << each;
        }
        ASSERT_TRUE(run_to_end(database->write(kHere, "DELETE FROM item WHERE workspace = $workspace")).has_value());
    }
}

Task<void> endless(Transaction& transaction) {
    SLIPWAY_CO_CHECK(co_await transaction.execute(
        "INSERT INTO world WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 1 FROM n"));
    co_return Result<void>();
}

TEST(SqliteFaults, AStatementThatNeverEndsIsStopped) {
    SqlitePlace place(SqliteOptions{.transaction_time_max = Milliseconds(50), .read_time_max = Milliseconds(50)});
    auto database = with_tables(place);
    EXPECT_EQ(run_to_end(database->transact(Scope::system(), endless)).error().code, ErrorCode::unavailable);
    const auto read = run_to_end(
        database->read(Scope::system(),
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"));
    EXPECT_EQ(read.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(put(*database, "a").has_value());
}

TEST(SqliteFaults, ACancelledReadIsInterrupted) {
    SqlitePlace place;
    auto database = with_tables(place);
    auto read = database->read(
        Scope::system(), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n");
    const auto result = run_to_end(with_timeout(std::move(read), Milliseconds(30), "The read"));
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
}

TEST(SqliteFaults, AnAnswerThatIsTooLargeIsRefused) {
    SqlitePlace place(SqliteOptions{.result_bytes_max = 10'000});
    auto database = with_tables(place);
    ASSERT_TRUE(put(*database, std::string(20'000, 'x')).has_value());
    const auto rows = run_to_end(database->read(kHere, "SELECT name FROM item WHERE workspace = $workspace"));
    EXPECT_EQ(rows.error().code, ErrorCode::internal);
}

Task<void> nested_write(Database& database) { co_return co_await insert_item(database, kHere, "inner", 1); }
Task<void> nested_read(Database& database) {
    auto rows = co_await database.read(Scope::system(), "SELECT 1 AS one");
    if (!rows) co_return pass(rows);
    co_return Result<void>();
}

TEST(SqliteFaults, ATransactionThatWaitsForItsOwnDatabaseIsRefused) {
    SqlitePlace place;
    auto database = with_tables(place);
    Database::Body writes = [&](Transaction&) { return nested_write(*database); };
    EXPECT_EQ(run_to_end(database->transact(kHere, writes)).error().code, ErrorCode::internal);
    Database::Body reads = [&](Transaction&) { return nested_read(*database); };
    EXPECT_EQ(run_to_end(database->transact(kHere, reads)).error().code, ErrorCode::internal);
}

TEST(SqliteFaults, BodiesCannotEndTheTransactionOrChangeSettings) {
    SqlitePlace place;
    auto database = with_tables(place);
    for (const char* const sql :
         {"COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT s", "PRAGMA synchronous = OFF", "ATTACH 'x.db' AS x"})
        EXPECT_EQ(run_to_end(database->write(Scope::system(), sql)).error().code, ErrorCode::internal) << sql;
    EXPECT_EQ(run_to_end(database->write(kHere, "DROP TABLE world")).error().code, ErrorCode::internal);
    EXPECT_TRUE(run_to_end(database->write(Scope::system(), "DROP TABLE part")).has_value());
}

TEST(DatabaseRows, AskingForWhatIsNotThereIsABug) {
    const store::Rows rows({"a", "b"}, {store::Value(1), store::Value("x")}, 0);
    EXPECT_THROW(static_cast<void>(rows.front().text("c")), std::logic_error);
    EXPECT_THROW(static_cast<void>(rows.front().text("a")), std::logic_error);
    EXPECT_THROW(static_cast<void>(rows.front().integer("b")), std::logic_error);
    EXPECT_THROW(static_cast<void>(rows[1].integer("a")), std::logic_error);
    EXPECT_EQ(rows.front().number("a"), 1.0);
}

}  // namespace
}  // namespace slipway::test
