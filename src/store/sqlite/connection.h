// SQLite in C++: a connection, its statements, results as values. Used by store/database and store/index, which keep
// separate files.
//
// Not thread safe: a connection and its statements are used by one thread at a time (which may change). Everything here
// blocks; call it on a WorkerPool or inside a Writer (writer.h), never on an event loop.
//
//     SLIPWAY_TRY(auto statement, connection.prepare("SELECT id, size FROM part WHERE owner = $1"));
//     statement.bind(1, owner);
//     for (;;) {
//         SLIPWAY_TRY(const bool row, statement.step());
//         if (!row) break;
//         use(statement.text(0), statement.integer(1));
//     }
//
// Errors: `conflict` for a constraint (details.constraint names it, details.kind is unique, foreign_key, not_null or
// check); `unavailable` when the file is busy, full, read only, damaged or unreadable, or when the time limit passed,
// with what to do about it; `invalid` for a value that is too large; `internal` for wrong SQL.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/task.h"

struct sqlite3;
struct sqlite3_stmt;

namespace slipway::store::sqlite {

struct ConnectionOptions {
    bool read_only = false;  // the file must exist; statements that write fail
    bool exclusive = false;  // no other process may open the file; needs no shared memory (network file systems)
    Milliseconds busy_time_max{5000};   // how long to wait for another process that writes
    std::size_t statements_max = 128;   // prepared statements kept for the next use
    std::size_t cache_bytes = 2 << 20;  // of pages, filled by use
    std::uint64_t file_bytes_max = 0;   // 0: no limit but the disk's. Beyond it writes fail as on a full disk
    // What to tell a person when the file is damaged.
    std::string repair = "Restore a backup with `slipway restore`.";
};

enum class ColumnType : unsigned char { null, integer, number, text, blob };

struct ConnectionState;

// A prepared statement, borrowed from its connection, which must outlive it; returned (reset, nothing bound) by the
// destructor.
class Statement {
 public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) noexcept;
    ~Statement();

    // Parameters count from 1; `?`, `?1`, `$1` and `$name` are understood. Values are copied. A failed bind is reported
    // by step(). Binding is only for a statement that was not stepped yet, or was reset.
    template <std::integral T>
    Statement& bind(int index, T value) {
        return bind_integer(index, static_cast<std::int64_t>(value));
    }
    template <std::floating_point T>
    Statement& bind(int index, T value) {
        return bind_number(index, static_cast<double>(value));
    }
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
    Statement& bind(int index, std::nullptr_t);
    Statement& bind_blob(int index, std::string_view bytes);
    template <typename T>
    Statement& bind(std::string_view name, T&& value) {
        return bind(parameter_index(name), std::forward<T>(value));
    }

    int parameter_count() const;
    std::string_view parameter_name(int index) const;  // "$1", "$workspace"; "" for a plain `?`
    int parameter_index(std::string_view name) const;  // 0 when the statement has none of this name

    // True: a row stands ready. False: done.
    Result<bool> step();
    // Steps to the end, ignoring rows.
    Result<void> run();
    // Ready to be bound and stepped again; bindings stay until overwritten.
    void reset();

    // Columns count from 0 and belong to the current row; views hold until the next step, reset or destruction.
    int column_count() const;
    std::string_view column_name(int column) const;
    ColumnType type(int column) const;
    bool is_null(int column) const { return type(column) == ColumnType::null; }
    std::int64_t integer(int column) const;  // 0 for NULL
    double number(int column) const;
    std::string_view text(int column) const;  // "" for NULL
    std::string_view blob(int column) const;

    bool reads_only() const;

 private:
    friend class Connection;
    Statement(ConnectionState& state, std::string sql, sqlite3_stmt* handle)
        : state_(&state), sql_(std::move(sql)), handle_(handle) {}
    Statement& bind_integer(int index, std::int64_t value);
    Statement& bind_number(int index, double value);
    Statement& bound(int code);
    void give_back();

    ConnectionState* state_;
    std::string sql_;
    sqlite3_stmt* handle_;
    int bind_error_ = 0;
    bool started_ = false;
};

// What a statement would do, found without running it.
struct StatementShape {
    std::vector<std::string> tables;      // read or written, also through views, triggers and foreign keys; each once
    std::vector<std::string> written;     // those of them in which rows are inserted, changed or deleted
    std::vector<std::string> parameters;  // names in order of their index; "" for a plain `?`
    bool reads_only = false;
    bool controls = false;  // BEGIN, COMMIT, SAVEPOINT, PRAGMA, ATTACH and the like
};

class Connection {
 public:
    // Opens or creates the file (0600; missing folders 0700) in WAL mode with synchronous=FULL and foreign keys
    // enforced.
    static Result<Connection> open(std::filesystem::path file, ConnectionOptions options = {});
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    // Exactly one statement; a prepared one is taken from the cache.
    Result<Statement> prepare(std::string_view sql);
    // Any number of statements separated by ';', without parameters. Those before a failing one have happened: use a
    // transaction.
    Result<void> execute(std::string_view script);
    Result<StatementShape> inspect(std::string_view sql);

    std::int64_t changes() const;         // rows that the last finished INSERT, UPDATE or DELETE changed
    std::int64_t last_insert_id() const;  // rowid
    bool in_transaction() const;
    // Rows whose deferred foreign keys are not satisfied yet in the running transaction.
    bool has_open_references() const;

    // From now on statements fail with `unavailable` once the moment has passed or *stop (which must outlive the limit)
    // is true; running ones are interrupted. An interrupted write ends the whole transaction (SQLite's rule): see
    // in_transaction().
    void set_limit(std::chrono::steady_clock::time_point until, const std::atomic<bool>* stop = nullptr);
    void clear_limit();

    // A consistent copy while others read and write: one snapshot is copied, flushed, and takes its name at the end.
    // An existing file of this name is replaced; a failure leaves nothing behind. Heeds the limit.
    Result<void> backup_to(const std::filesystem::path& destination);
    // `unavailable` with what is damaged. Reads the whole file.
    Result<void> check_integrity();
    // `unavailable` when the file that is open is no longer the one of this name: it was removed or replaced, and what
    // is written now would be lost. One look at the folder.
    Result<void> check_in_place();

    const std::filesystem::path& file() const;
    sqlite3* handle() const;

 private:
    explicit Connection(std::unique_ptr<ConnectionState> state);
    std::unique_ptr<ConnectionState> state_;
};

// What check_in_place() says of this file.
std::unexpected<Error> no_longer_in_place(const std::filesystem::path& file);

// "3.40.1"
std::string_view library_version();

}  // namespace slipway::store::sqlite
