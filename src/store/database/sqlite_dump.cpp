#include "store/database/sqlite_dump.h"

#include "base/pool.h"
#include "store/database/sqlite_statement.h"
#include "store/database/table_order.h"

namespace slipway::store {
namespace {

using sqlite::Connection;
using sqlite::Statement;

constexpr std::string_view kTables =
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name <> 'schema_migration'";
constexpr std::string_view kColumns = "select name, pk from pragma_table_info($1) order by cid";
constexpr std::string_view kReferences = "select distinct \"table\" from pragma_foreign_key_list($1)";

Result<std::vector<std::string>> names(Connection& connection, std::string_view sql, std::string_view parameter) {
    SLIPWAY_TRY(auto statement, connection.prepare(sql));
    if (!parameter.empty()) statement.bind(1, parameter);
    std::vector<std::string> found;
    for (;;) {
        SLIPWAY_TRY(const bool row, statement.step());
        if (!row) return found;
        found.emplace_back(statement.text(0));
    }
}

Result<TableShape> shape_of(Connection& connection, std::string name) {
    TableShape shape{.name = std::move(name), .columns = {}, .key = {}};
    std::vector<std::pair<std::int64_t, std::string>> key;
    SLIPWAY_TRY(auto statement, connection.prepare(kColumns));
    statement.bind(1, std::string_view(shape.name));
    for (;;) {
        SLIPWAY_TRY(const bool row, statement.step());
        if (!row) break;
        shape.columns.emplace_back(statement.text(0));
        if (statement.integer(1) > 0) key.emplace_back(statement.integer(1), shape.columns.back());
    }
    std::ranges::sort(key);
    for (auto& [place, column] : key) shape.key.push_back(std::move(column));
    return shape;
}

Result<std::vector<TableShape>> shapes(Connection& connection) {
    SLIPWAY_TRY(const auto tables, names(connection, kTables, ""));
    std::vector<TableShape> all;
    std::vector<Reference> references;
    for (const auto& name : tables) {
        SLIPWAY_TRY(auto shape, shape_of(connection, name));
        all.push_back(std::move(shape));
        SLIPWAY_TRY(const auto others, names(connection, kReferences, name));
        for (const auto& other : others) references.emplace_back(name, other);
    }
    return in_order_of_references(std::move(all), references);
}

// The next rows of a statement that stands open between pages.
Result<Rows> next_page(Statement& statement, const TableShape& table, std::size_t rows_max) {
    std::vector<Value> cells;
    std::size_t bytes = 0;
    for (std::size_t row = 0; row < rows_max; ++row) {
        SLIPWAY_TRY(const bool there, statement.step());
        if (!there) break;
        for (int column = 0; column < statement.column_count(); ++column)
            cells.push_back(cell(statement, column, bytes));
    }
    return Rows(table.columns, std::move(cells), 0);
}

Task<void> dump_table(WorkerPool& thread, Connection& connection, const TableShape& table, const Database::Page& page) {
    std::optional<Statement> statement;
    auto prepare = [&]() -> Result<void> {
        SLIPWAY_TRY(auto prepared, connection.prepare(select_all(table, "")));
        statement.emplace(std::move(prepared));
        return {};
    };
    SLIPWAY_CO_CHECK(co_await thread.run(prepare));
    PageSize size;
    for (;;) {
        const auto rows_max = size.rows();
        auto step = [&]() { return next_page(*statement, table, rows_max); };
        SLIPWAY_CO_TRY(const auto rows, co_await thread.run(step));
        SLIPWAY_CO_CHECK(co_await page(table, rows));
        if (rows.size() < rows_max) co_return Result<void>();
        size.learn(rows);
    }
}

}  // namespace

Task<void> dump_sqlite(std::filesystem::path file, sqlite::ConnectionOptions options, Database::Page page) {
    WorkerPool thread("dump", 1);
    std::optional<Connection> connection;
    std::vector<TableShape> tables;
    auto begin = [&]() -> Result<void> {
        SLIPWAY_TRY(auto opened, Connection::open(file, options));
        connection.emplace(std::move(opened));
        SLIPWAY_CHECK(connection->execute("BEGIN"));
        SLIPWAY_TRY(tables, shapes(*connection));
        return {};
    };
    SLIPWAY_CO_CHECK(co_await thread.run(begin));
    for (const auto& table : tables) SLIPWAY_CO_CHECK(co_await dump_table(thread, *connection, table, page));
    co_return Result<void>();
}

}  // namespace slipway::store
