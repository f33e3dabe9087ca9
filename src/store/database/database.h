// The database port: rows of the capabilities. Adapters: sqlite.h (PostgreSQL comes beside it).
//
// SQL is written once, in what SQLite and PostgreSQL both understand; parameters are $1, $2, …; what differs stands in
// Dialect. Tenancy is a parameter, not a filter: a statement runs in a Scope. `$workspace` in the SQL is the workspace
// of the scope. A statement that touches a table with a column `workspace` without naming `$workspace` is refused by
// the adapter unless the scope is Scope::system() (migrations, recovery, administration).
//
// Instants are stored as BIGINT milliseconds, truth values as INTEGER 0 or 1, JSON as TEXT, ids as TEXT.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/workspace.h"
#include "store/database/dialect.h"

namespace slipway::store {

struct Bytes {
    std::string value;
    bool operator==(const Bytes&) const = default;
};

// A typed parameter or column value.
class Value {
 public:
    using Variant = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;

    Value() = default;
    Value(std::nullptr_t) {}
    Value(std::string text) : value_(std::move(text)) {}
    Value(std::string_view text) : value_(std::string(text)) {}
    Value(const char* text) : value_(std::string(text)) {}
    Value(Bytes bytes) : value_(std::move(bytes)) {}
    Value(bool truth) : value_(static_cast<std::int64_t>(truth)) {}
    Value(double number) : value_(number) {}
    Value(Instant instant) : value_(to_unix_ms(instant)) {}
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Value(T number) : value_(static_cast<std::int64_t>(number)) {}
    template <typename T>
    Value(std::optional<T> value) {
        if (value) *this = Value(std::move(*value));
    }

    const Variant& variant() const { return value_; }
    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    bool operator==(const Value&) const = default;

 private:
    Variant value_;
};

using Parameters = std::vector<Value>;

class Rows;

// A row of Rows; valid as long as they are. A column that does not exist, or has another type, is a bug and throws
// std::logic_error; integers are accepted where a double is asked for.
class Row {
 public:
    std::string text(std::string_view column) const;  // "" for NULL
    std::optional<std::string> optional_text(std::string_view column) const;
    std::int64_t integer(std::string_view column) const;  // 0 for NULL
    std::optional<std::int64_t> optional_integer(std::string_view column) const;
    double number(std::string_view column) const;
    bool truth(std::string_view column) const { return integer(column) != 0; }
    Instant instant(std::string_view column) const { return from_unix_ms(integer(column)); }
    std::string bytes(std::string_view column) const;
    const Value& value(std::string_view column) const;

 private:
    friend class Rows;
    Row(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
    const Rows* rows_;
    std::size_t index_;
};

class Rows {
 public:
    Rows() = default;
    Rows(std::vector<std::string> columns, std::vector<Value> cells, std::int64_t changed)
        : columns_(std::move(columns)), cells_(std::move(cells)), changed_(changed) {}

    std::size_t size() const { return columns_.empty() ? 0 : cells_.size() / columns_.size(); }
    bool empty() const { return size() == 0; }
    Row operator[](std::size_t index) const { return Row(*this, index); }
    Row front() const { return Row(*this, 0); }
    // Row after row.
    std::span<const Value> cells() const { return cells_; }
    // Rows inserted, updated or deleted by the statement.
    std::int64_t changed() const { return changed_; }

    class Iterator {
     public:
        Iterator(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
        Row operator*() const { return (*rows_)[index_]; }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return index_ != other.index_; }

     private:
        const Rows* rows_;
        std::size_t index_;
    };
    Iterator begin() const { return {*this, 0}; }
    Iterator end() const { return {*this, size()}; }

 private:
    friend class Row;
    std::vector<std::string> columns_;
    std::vector<Value> cells_;
    std::int64_t changed_ = 0;
};

// On whose behalf a statement runs.
class Scope {
 public:
    Scope(WorkspaceId workspace) : workspace_(std::move(workspace)) {}  // NOLINT: a workspace is a scope
    static Scope system() { return Scope(); }
    const std::optional<WorkspaceId>& workspace() const { return workspace_; }

 private:
    Scope() = default;
    std::optional<WorkspaceId> workspace_;
};

// Statements of one transaction. Only for the coroutine that was given it, and only until that ends.
class Transaction {
 public:
    virtual ~Transaction() = default;
    // Errors: `conflict` (unique or foreign key; details.constraint), `unavailable` (busy, disk full, read only),
    // `internal`, `invalid` (text with a NUL character; use Bytes). A transaction in which a statement failed cannot go
    // on: it will be rolled back even when its body answers success. Where a conflict is expected, write ON CONFLICT.
    virtual Task<Rows> execute(std::string sql, Parameters parameters = {}) = 0;
};

// A numbered step of a capability's tables. Once released, a step never changes: its checksum is recorded. Whether the
// release before goes on working after it is told from its SQL (migration_kind.h); one that breaks it comes last in its
// release, which works with and without it. Statements of capabilities name their columns, as more may be added.
struct Migration {
    std::string_view capability;
    int number;            // 1, 2, 3 … without gaps
    std::string_view sql;  // statements separated by ';'; {bytes} and {serial} are replaced by the dialect
};

// A table that has no column `workspace`, and why: users, for example, belong to many.
struct TableAboveWorkspaces {
    std::string_view table, reason;
};

struct DatabaseStatus {
    std::string engine;  // "SQLite 3.40.1"
    Milliseconds latency{0};
};

// A table as a copy sees it.
struct TableShape {
    std::string name;
    std::vector<std::string> columns;
    std::vector<std::string> key;  // of the primary key
};

class Database {
 public:
    using Body = std::function<Task<void>(Transaction&)>;

    virtual ~Database() = default;

    // One reading statement, on its own snapshot, beside any writer.
    virtual Task<Rows> read(Scope scope, std::string sql, Parameters parameters = {}) = 0;

    // As read(), for a few rows that are asked for far more often than they change: who somebody is, at each request.
    // The answer may come from memory. It is never older than a transaction that has returned, and where another
    // program changes the data behind our back, at most a second. The SQL must ask for rows alone, not for the time or
    // chance.
    virtual Task<Rows> read_often(Scope scope, std::string sql, Parameters parameters = {});

    // Runs `body` in a transaction. It is committed, durably, before this returns success; an error or exception of the
    // body rolls it back and is returned. The body may run on another thread than the caller (never at the same time),
    // may run again after a serialisation failure, must await nothing but the transaction, and must not outlast
    // transaction_time_max.
    virtual Task<void> transact(Scope scope, Body body) = 0;

    // A transaction of one statement.
    virtual Task<Rows> write(Scope scope, std::string sql, Parameters parameters = {});

    // As transact() and write(), for what guards each row that it depends on by the statement that changes it: an
    // UPDATE whose WHERE says what has to hold, an INSERT … ON CONFLICT. Between its statements others may commit, so
    // it must not decide by rows that it only reads. Many at once do not lose against each other then.
    virtual Task<void> transact_guarded(Scope scope, Body body) { return transact(std::move(scope), std::move(body)); }
    virtual Task<Rows> write_guarded(Scope scope, std::string sql, Parameters parameters = {}) {
        return write(std::move(scope), std::move(sql), std::move(parameters));
    }

    // Applies what is missing, each step in a transaction, and records it. `conflict` when a newer program took from
    // the data what this one uses, or a recorded step has another checksum; more in migration_plan.h.
    virtual Task<void> migrate(std::span<const Migration> migrations) = 0;

    // All rows of all tables but the record of migrations, of one moment: tables that others refer to come first, rows
    // in the order of their keys (text by its bytes). A table is told at least once, with its columns, also when it is
    // empty. `page` may await anything, and ends the dump by an error.
    using Page = std::function<Task<void>(const TableShape& table, const Rows& rows)>;
    virtual Task<void> dump(Page page) = 0;

    // A consistent copy while others read and write: a SQLite file, whatever the engine.
    virtual Task<void> backup(std::filesystem::path destination) = 0;
    virtual Task<DatabaseStatus> status() = 0;
    // Reads everything; `unavailable` says what is damaged, and how to repair it.
    virtual Task<void> check_integrity() = 0;
    virtual const Dialect& dialect() const { return kSqliteDialect; }
};

// The next number of a series inside a workspace, from 1, without reuse, for ids that people and old clients like
// small. Uses the table `series`, which series_migrations() makes.
Task<std::int64_t> next_number(Transaction& transaction, std::string series);
// The same above workspaces, in the system scope (numbers of users).
Task<std::int64_t> next_system_number(Transaction& transaction, std::string series);
std::span<const Migration> series_migrations();

}  // namespace slipway::store
