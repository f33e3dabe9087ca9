// All rows of one moment, through a cursor; and a backup as a SQLite file. Tables whose comment begins with "derived:"
// are left out: what they hold is made anew from the others.
#include "store/database/copy.h"
#include "store/database/postgres/adapter.h"
#include "store/database/sqlite.h"
#include "store/database/table_order.h"

namespace slipway::store::postgres {
namespace {

constexpr std::string_view kColumns =
    "select c.relname::text as name, a.attname::text as column, coalesce(array_position(i.indkey::int2[], a.attnum), "
    "-1) as "
    "place from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join "
    "pg_index i on i.indrelid = c.oid and i.indisprimary where c.relnamespace = current_schema()::regnamespace and "
    "c.relkind in ('r', 'p') and c.relname <> 'schema_migration' and coalesce(obj_description(c.oid, 'pg_class'), '') "
    "not like 'derived:%' order by c.relname, a.attnum";
// Behind each column to order by. Only text has a collation; a number is put into it as what it is.
constexpr std::string_view kTextColumns =
    "select c.relname::text as name, a.attname::text as column from pg_class c join pg_attribute a on a.attrelid = "
    "c.oid "
    "where c.relnamespace = current_schema()::regnamespace and a.attcollation <> 0";

struct Column {
    std::int64_t place;
    std::string name;
};

class Dump {
 public:
    Dump(Session& session, const Database::Page& page) : session_(session), page_(page) {}

    Task<void> run() {
        SLIPWAY_CO_TRY(const auto tables, co_await shapes());
        for (const auto& table : tables) SLIPWAY_CO_CHECK(co_await dump_table(table));
        co_return Result<void>();
    }

 private:
    Task<std::vector<TableShape>> shapes() {
        std::vector<TableShape> tables;
        std::vector<std::vector<Column>> keys;
        SLIPWAY_CO_TRY(const auto columns, co_await session_.ask(kColumns));
        for (const auto column : columns) {
            if (tables.empty() || tables.back().name != column.text("name")) {
                tables.push_back({.name = column.text("name"), .columns = {}, .key = {}});
                keys.emplace_back();
            }
            tables.back().columns.push_back(column.text("column"));
            const auto place = column.integer("place");
            if (place >= 0) keys.back().push_back({place, column.text("column")});
        }
        for (std::size_t i = 0; i < tables.size(); ++i) {
            std::ranges::sort(keys[i], {}, &Column::place);
            for (auto& column : keys[i]) tables[i].key.push_back(std::move(column.name));
        }
        SLIPWAY_CO_TRY(const auto references, co_await session_.references());
        SLIPWAY_CO_TRY(const auto texts, co_await session_.ask(kTextColumns));
        for (const auto text : texts) texts_.insert(text.text("name") + "." + text.text("column"));
        co_return in_order_of_references(std::move(tables), references);
    }

    // In the order of bytes, as SQLite has it, whatever the collation of the database.
    std::string select_of(const TableShape& table) const {
        auto sql = select_all(table, "");
        const auto& order = table.key.empty() ? table.columns : table.key;
        sql.resize(sql.rfind(" order by "));
        for (std::size_t i = 0; i < order.size(); ++i) {
            const bool text = texts_.contains(table.name + "." + order[i]);
            sql += fmt::format("{}{}{} nulls first", i == 0 ? " order by " : ", ", quoted_name(order[i]),
                               text ? " collate \"C\"" : "");
        }
        return sql;
    }

    Task<void> dump_table(const TableShape& table) {
        auto declare = fmt::format("declare slipway_dump no scroll cursor for {}", select_of(table));
        SLIPWAY_CO_CHECK(co_await session_.ask(declare));
        PageSize size;
        for (;;) {
            const auto rows_max = size.rows();
            auto fetch = fmt::format("fetch {} from slipway_dump", rows_max);
            SLIPWAY_CO_TRY(const auto rows, co_await session_.ask(fetch));
            SLIPWAY_CO_CHECK(co_await page_(table, rows));
            if (rows.size() < rows_max) break;
            size.learn(rows);
        }
        SLIPWAY_CO_CHECK(co_await session_.ask("close slipway_dump"));
        co_return Result<void>();
    }

    Session& session_;
    const Database::Page& page_;
    std::unordered_set<std::string> texts_;
};

}  // namespace

Task<void> PostgresDatabase::dump(Page page) {
    auto how = settings(Scope::system(), options_.backup_time_max, true);
    how.long_silence = true;  // whoever takes the pages may be slow
    SLIPWAY_CO_TRY(const auto lease, co_await pool_->take());
    Session session(*lease, std::move(how), options_.result_bytes_max);
    Dump dump(session, page);
    auto done = co_await dump.run();
    static_cast<void>(co_await session.roll_back());
    co_return done;
}

// All or nothing under the name of the destination.
Task<void> PostgresDatabase::backup(std::filesystem::path destination) {
    auto part = destination;
    part += ".part";
    const auto remove = [&part] {
        for (const auto* const ending : {"", "-wal", "-shm"}) {
            auto file = part;
            file += ending;
            std::error_code ignored;
            std::filesystem::remove(file, ignored);
        }
    };
    remove();
    Result<void> done;
    {
        SLIPWAY_CO_TRY(const auto copy, open_sqlite(part));
        done = co_await copy->migrate(migrations_);
        if (done) {
            auto copied = co_await copy_rows(*this, *copy);
            if (!copied) done = pass(copied);
        }
    }
    std::error_code error;
    if (done) std::filesystem::rename(part, destination, error);
    if (done && error)
        done = fail(ErrorCode::unavailable, "{} cannot be written: {}.", destination.string(), error.message());
    if (!done) remove();
    co_return done;
}

Task<void> PostgresDatabase::check_integrity() {
    std::uint64_t rows = 0;
    const Page page = [&rows](const TableShape&, const Rows& some) -> Task<void> {
        rows += some.size();
        co_return Result<void>();
    };
    co_return co_await dump(page);
}

}  // namespace slipway::store::postgres
