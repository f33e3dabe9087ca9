// What a connection and its statements share; only for the sources of this room.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sqlite3.h>

#include "store/sqlite/connection.h"

namespace slipway::store::sqlite {

// Idle prepared statements, least recently used last.
class StatementCache {
 public:
    explicit StatementCache(std::size_t limit) : limit_(limit) {}
    ~StatementCache() { clear(); }

    sqlite3_stmt* take(std::string_view sql);  // nullptr when there is none
    void put(std::string sql, sqlite3_stmt* statement);
    void clear();

 private:
    struct Entry {
        std::string sql;
        sqlite3_stmt* statement;
    };
    std::size_t limit_;
    std::list<Entry> entries_;
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_sql_;
};

struct ConnectionState {
    ConnectionState(std::filesystem::path path, ConnectionOptions opened_with)
        : file(std::move(path)), options(std::move(opened_with)), cache(options.statements_max) {}
    ~ConnectionState();

    // The error for a result code of this connection; `sql` is named when the statement itself is wrong.
    std::unexpected<Error> failure(int code, std::string_view sql = {}) const;
    Result<void> check(int code, std::string_view sql = {}) const;
    Result<void> check_limit() const;
    bool over_limit() const;
    Result<sqlite3_stmt*> compile(std::string_view sql);

    std::filesystem::path file;
    ConnectionOptions options;
    sqlite3* handle = nullptr;
    StatementCache cache;
    std::optional<std::chrono::steady_clock::time_point> until;
    const std::atomic<bool>* stop = nullptr;
};

}  // namespace slipway::store::sqlite
