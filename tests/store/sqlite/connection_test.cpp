#include "store/sqlite/connection.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/temporary_folder.h"

namespace slipway::store::sqlite {
namespace {

using test::TemporaryFolder;

Connection opened(const std::filesystem::path& file, ConnectionOptions options = {}) {
    auto connection = Connection::open(file, std::move(options));
    if (!connection) throw std::runtime_error(connection.error().message);
    return *std::move(connection);
}

void must(const Result<void>& result) { ASSERT_TRUE(result.has_value()) << result.error().message; }

std::int64_t number_of(Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql).value();
    return statement.step().value() ? statement.integer(0) : -1;
}

TEST(SqliteConnection, CreatesAPrivateFileInAPrivateFolder) {
    TemporaryFolder folder;
    auto connection = opened(folder / "data" / "a.db");
    must(connection.execute("CREATE TABLE t(x)"));
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(folder / "data").permissions(), perms::owner_all);
    for (const char* const name : {"a.db", "a.db-wal", "a.db-shm"})
        EXPECT_EQ(std::filesystem::status(folder / "data" / name).permissions(), perms::owner_read | perms::owner_write)
            << name;
}

TEST(SqliteConnection, IsDurableAndChecksForeignKeys) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db");
    EXPECT_EQ(number_of(connection, "PRAGMA synchronous"), 2);
    EXPECT_EQ(number_of(connection, "PRAGMA foreign_keys"), 1);
    auto mode = connection.prepare("PRAGMA journal_mode").value();
    ASSERT_TRUE(mode.step().value());
    EXPECT_EQ(mode.text(0), "wal");
}

TEST(SqliteStatement, RoundTripsEveryType) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db");
    must(connection.execute("CREATE TABLE t(a, b, c, d, e)"));
    const std::string bytes("\0\xff\x01", 3);
    auto insert = connection.prepare("INSERT INTO t VALUES ($1, $2, $3, $4, $named)").value();
    insert.bind(1, -7)
        .bind(2, 0.5)
        .bind(3, "añ\xF0\x9F\x98\x80")
        .bind(4, nullptr)
        .bind_blob(insert.parameter_index("$named"), bytes);
    must(insert.run());
    EXPECT_EQ(connection.changes(), 1);
    auto select = connection.prepare("SELECT a, b, c, d, e AS last FROM t").value();
    ASSERT_TRUE(select.step().value());
    EXPECT_EQ(select.integer(0), -7);
    EXPECT_EQ(select.number(1), 0.5);
    EXPECT_EQ(select.text(2), "añ\xF0\x9F\x98\x80");
    EXPECT_TRUE(select.is_null(3));
    EXPECT_EQ(select.type(4), ColumnType::blob);
    EXPECT_EQ(select.blob(4), bytes);
    EXPECT_EQ(select.column_name(4), "last");
    EXPECT_FALSE(select.step().value());
}

TEST(SqliteStatement, ComesBackFromTheCacheWithoutOldValues) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db", {.statements_max = 2});
    must(connection.execute("CREATE TABLE t(x)"));
    for (int i = 0; i < 3; ++i) {
        auto insert = connection.prepare("INSERT INTO t VALUES ($1)").value();
        if (i == 0) insert.bind(1, 5);
        must(insert.run());
        for (int other = 0; other < 4; ++other) must(connection.prepare(fmt::format("SELECT {}", other)).value().run());
    }
    EXPECT_EQ(number_of(connection, "SELECT count(x) FROM t"), 1);
    EXPECT_EQ(number_of(connection, "SELECT count(*) FROM t"), 3);
}

TEST(SqliteStatement, RefusesSeveralStatementsAndWrongSql) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db");
    for (const char* const sql : {"SELECT 1; SELECT 2", "", "SELEC 1", "SELECT nothing_of_this_name"}) {
        auto statement = connection.prepare(sql);
        ASSERT_FALSE(statement.has_value()) << sql;
        EXPECT_EQ(statement.error().code, ErrorCode::internal);
    }
    EXPECT_TRUE(connection.prepare("SELECT 1 ; \n").has_value());
}

TEST(SqliteStatement, ReportsABindOutOfRangeWhenStepped) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db");
    auto statement = connection.prepare("SELECT $1").value();
    statement.bind(2, 1);
    EXPECT_FALSE(statement.step().has_value());
}

TEST(SqliteConnection, NamesTheConstraintThatFailed) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db");
    must(
        connection.execute("CREATE TABLE p(id TEXT PRIMARY KEY, n INTEGER NOT NULL, CHECK (n > 0));"
                           "CREATE TABLE c(p TEXT REFERENCES p(id));INSERT INTO p VALUES ('a', 1)"));
    const auto failure = [&](const char* sql) { return connection.prepare(sql).value().run().error(); };
    const auto unique = failure("INSERT INTO p VALUES ('a', 1)");
    EXPECT_EQ(unique.code, ErrorCode::conflict);
    EXPECT_EQ(unique.details.at("constraint"), "p.id");
    EXPECT_EQ(unique.details.at("kind"), "unique");
    EXPECT_EQ(failure("INSERT INTO c VALUES ('none')").details.at("kind"), "foreign_key");
    EXPECT_EQ(failure("INSERT INTO p VALUES ('b', NULL)").details.at("kind"), "not_null");
    EXPECT_EQ(failure("INSERT INTO p VALUES ('b', 0)").details.at("kind"), "check");
}

TEST(SqliteConnection, TellsWhatAStatementTouches) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db");
    must(connection.execute("CREATE TABLE a(id, workspace);CREATE TABLE b(id);CREATE VIEW v AS SELECT id FROM a;"));
    const auto shape = connection.inspect("INSERT INTO b SELECT id FROM v WHERE id = $2 AND id <> $workspace").value();
    EXPECT_NE(std::ranges::find(shape.tables, "a"), shape.tables.end());
    EXPECT_NE(std::ranges::find(shape.tables, "b"), shape.tables.end());
    EXPECT_EQ(shape.parameters, (std::vector<std::string>{"$2", "$workspace"}));
    EXPECT_FALSE(shape.reads_only);
    EXPECT_FALSE(shape.controls);
    EXPECT_TRUE(connection.inspect("SELECT 1").value().reads_only);
    for (const char* const sql : {"COMMIT", "SAVEPOINT x", "PRAGMA user_version", "ATTACH 'x' AS y"})
        EXPECT_TRUE(connection.inspect(sql).value().controls) << sql;
}

TEST(SqliteConnection, StopsAStatementThatTakesTooLong) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db");
    const char* const endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    connection.set_limit(std::chrono::steady_clock::now() + Milliseconds(20));
    EXPECT_EQ(connection.prepare(endless).value().run().error().code, ErrorCode::unavailable);
    EXPECT_FALSE(connection.prepare("SELECT 1").value().step().has_value());
    connection.clear_limit();
    EXPECT_TRUE(connection.prepare("SELECT 1").value().step().has_value());
    const std::atomic<bool> stop{true};
    connection.set_limit(std::chrono::steady_clock::now() + std::chrono::hours(1), &stop);
    EXPECT_EQ(connection.prepare(endless).value().run().error().code, ErrorCode::unavailable);
}

TEST(SqliteConnection, SaysThatAFileIsDamagedAndWhatToDo) {
    TemporaryFolder folder;
    std::ofstream(folder / "a.db") << std::string(8192, 'x');
    const auto connection = Connection::open(folder / "a.db", {.repair = "Run `slipway reindex`."});
    ASSERT_FALSE(connection.has_value());
    EXPECT_EQ(connection.error().code, ErrorCode::unavailable);
    EXPECT_NE(connection.error().message.find("a.db"), std::string::npos);
    EXPECT_NE(connection.error().message.find("slipway reindex"), std::string::npos);
}

TEST(SqliteConnection, FindsDamageInsideAFile) {
    TemporaryFolder folder;
    {
        auto connection = opened(folder / "a.db");
        must(connection.execute(
            "CREATE TABLE t(x);WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
            "INSERT INTO t SELECT hex(randomblob(50)) FROM n"));
        must(connection.check_integrity());
    }
    std::fstream file(folder / "a.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 3);
    file << std::string(4096 * 4, '\x55');
    file.close();
    auto connection = opened(folder / "a.db");
    const auto checked = connection.check_integrity();
    ASSERT_FALSE(checked.has_value());
    EXPECT_NE(checked.error().message.find("slipway restore"), std::string::npos);
}

TEST(SqliteConnection, AnswersAFullDiskAsAnErrorAndWorksOn) {
    TemporaryFolder folder;
    auto connection = opened(folder / "a.db", {.file_bytes_max = 64 << 10});
    must(connection.execute("CREATE TABLE t(x)"));
    auto insert = connection.prepare("INSERT INTO t VALUES (zeroblob(10000))").value();
    Result<void> inserted;
    int count = 0;
    while ((inserted = insert.run())) {
        ASSERT_LT(++count, 100);
        insert.reset();
    }
    EXPECT_EQ(inserted.error().code, ErrorCode::unavailable);
    EXPECT_NE(inserted.error().message.find("full"), std::string::npos);
    EXPECT_EQ(number_of(connection, "SELECT count(*) FROM t"), count);
}

TEST(SqliteConnection, ReadOnlyNeedsTheFileAndRefusesWrites) {
    TemporaryFolder folder;
    EXPECT_EQ(Connection::open(folder / "none.db", {.read_only = true}).error().code, ErrorCode::unavailable);
    EXPECT_FALSE(std::filesystem::exists(folder / "none.db"));
    auto writer = opened(folder / "a.db");
    must(writer.execute("CREATE TABLE t(x)"));
    auto reader = opened(folder / "a.db", {.read_only = true});
    EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t"), 0);
    EXPECT_EQ(reader.execute("INSERT INTO t VALUES (1)").error().code, ErrorCode::unavailable);
}

TEST(SqliteConnection, BackupIsOneSnapshotWhileOthersWrite) {
    TemporaryFolder folder;
    auto source = opened(folder / "a.db");
    must(source.execute("CREATE TABLE t(x)"));
    for (int i = 0; i < 200; ++i) must(source.execute("INSERT INTO t VALUES (zeroblob(20000))"));
    std::atomic<bool> done{false};
    std::thread other([&] {
        auto beside = opened(folder / "a.db");
        while (!done) must(beside.execute("BEGIN IMMEDIATE;INSERT INTO t VALUES (1);INSERT INTO t VALUES (2);COMMIT"));
    });
    for (int i = 0; i < 3; ++i) {
        must(source.backup_to(folder / "copy.db"));
        auto copy = opened(folder / "copy.db");
        must(copy.check_integrity());
        const auto count = number_of(copy, "SELECT count(*) FROM t");
        EXPECT_GE(count, 200);
        EXPECT_EQ(count % 2, 0);
    }
    done = true;
    other.join();
    EXPECT_EQ(std::filesystem::status(folder / "copy.db").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(SqliteConnection, FailedBackupLeavesNothingBehind) {
    TemporaryFolder folder;
    auto source = opened(folder / "a.db");
    must(source.execute("CREATE TABLE t(x);INSERT INTO t VALUES (zeroblob(9000000))"));
    EXPECT_EQ(source.backup_to(folder / "none" / "copy.db").error().code, ErrorCode::unavailable);
    const std::atomic<bool> stop{true};
    source.set_limit(std::chrono::steady_clock::now() + std::chrono::hours(1), &stop);
    EXPECT_FALSE(source.backup_to(folder / "copy.db").has_value());
    source.clear_limit();
    EXPECT_FALSE(source.in_transaction());
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        EXPECT_TRUE(entry.path().filename().string().starts_with("a.db")) << entry.path();
}

TEST(SqliteConnection, ExclusiveKeepsOtherProcessesOutButNotOtherConnections) {
    TemporaryFolder folder;
    auto writer = opened(folder / "a.db", {.exclusive = true});
    must(writer.execute("CREATE TABLE t(x);INSERT INTO t VALUES (1)"));
    auto reader = opened(folder / "a.db", {.read_only = true, .exclusive = true});
    EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t"), 1);
    EXPECT_FALSE(std::filesystem::exists(folder / "a.db-shm"));
    // A process of its own: SQLite's locks belong to the process.
    setenv("SLIPWAY_TEST_FILE", (folder / "a.db").c_str(), 1);
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "test", "--gtest_also_run_disabled_tests",
              "--gtest_filter=SqliteProcess.DISABLED_CannotOpen", nullptr);
        _exit(1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

// Run by the test above in a process of its own.
TEST(SqliteProcess, DISABLED_CannotOpen) {
    const auto refused = Connection::open(std::getenv("SLIPWAY_TEST_FILE"), {.busy_time_max = Milliseconds(10)});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace slipway::store::sqlite
