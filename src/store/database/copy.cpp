#include "store/database/copy.h"

#include <algorithm>
#include <bit>

#include "base/crypto.h"
#include "store/database/table_order.h"

namespace slipway::store {
namespace {

constexpr std::string_view kNewer =
    "the data is of a newer release than this program, which would leave a part of it out. Use that release's program.";
constexpr std::size_t kParametersMax = 5'000;  // of one statement; SQLite takes 32,766 and PostgreSQL 65,535

// Kind and length before each value, so that no two rows read alike. A whole number of a DOUBLE column is one on both
// sides.
void append(std::string& text, const Value& value) {
    const auto& variant = value.variant();
    if (const auto* const words = std::get_if<std::string>(&variant)) {
        text += fmt::format("t{}:{}", words->size(), *words);
    } else if (const auto* const bytes = std::get_if<Bytes>(&variant)) {
        text += fmt::format("b{}:", bytes->value.size());
        text += bytes->value;
    } else if (const auto* const whole = std::get_if<std::int64_t>(&variant)) {
        text += fmt::format("i{};", *whole);
    } else if (const auto* const real = std::get_if<double>(&variant)) {
        text += fmt::format("d{:x};", std::bit_cast<std::uint64_t>(*real));
    } else {
        text += "n;";
    }
}

// Counts and hashes the pages of a dump, table by table.
class Tally {
 public:
    void add(const TableShape& table, const Rows& rows) {
        if (tables_.empty() || tables_.back().name != table.name) {
            finish();
            tables_.push_back({.name = table.name, .rows = 0, .checksum = {}});
            hash_.emplace();
        }
        std::string text;
        for (const auto& value : rows.cells()) append(text, value);
        hash_->add(text);
        tables_.back().rows += rows.size();
    }
    const CopiedTable& latest() const { return tables_.back(); }
    std::vector<CopiedTable> result() {
        finish();
        return std::move(tables_);
    }

 private:
    void finish() {
        if (!tables_.empty()) tables_.back().checksum = to_hex(hash_->finish());
    }
    std::vector<CopiedTable> tables_;
    std::optional<Sha256> hash_;
};

bool takes(const CopyOptions& options, const TableShape& table) { return !options.takes || options.takes(table.name); }

std::string insert_sql(const TableShape& table, std::size_t rows, bool add) {
    std::string sql = fmt::format("insert into {} (", quoted_name(table.name));
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        sql += fmt::format("{}{}", i == 0 ? "" : ", ", quoted_name(table.columns[i]));
    sql += ") values ";
    std::size_t parameter = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        sql += row == 0 ? "(" : ", (";
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            sql += fmt::format("{}${}", i == 0 ? "" : ", ", ++parameter);
        sql += ')';
    }
    if (!add || table.key.empty()) return sql;
    for (std::size_t i = 0; i < table.key.size(); ++i)
        sql += fmt::format("{}{}", i == 0 ? " on conflict (" : ", ", quoted_name(table.key[i]));
    return sql + ") do nothing";
}

Task<void> insert_page(Transaction& transaction, const TableShape& table, const Rows& rows, bool add) {
    const auto columns = table.columns.size();
    const auto at_once = std::max<std::size_t>(1, kParametersMax / columns);
    const auto cells = rows.cells();
    for (std::size_t first = 0; first < rows.size(); first += at_once) {
        const auto count = std::min(at_once, rows.size() - first);
        const auto part = cells.subspan(first * columns, count * columns);
        Parameters values(part.begin(), part.end());
        SLIPWAY_CO_CHECK(co_await transaction.execute(insert_sql(table, count, add), std::move(values)));
    }
    co_return Result<void>();
}

Task<void> write_page(Database& to, const TableShape& table, const Rows& rows, bool add) {
    if (rows.empty()) co_return Result<void>();
    const Database::Body body = [&](Transaction& transaction) { return insert_page(transaction, table, rows, add); };
    co_return co_await to.transact(Scope::system(), body);
}

}  // namespace

Task<void> check_copy(Database& from, Database& to, CopyOptions options) {
    std::vector<TableShape> here, there;
    const Database::Page of_source = [&](const TableShape& table, const Rows&) -> Task<void> {
        if (!takes(options, table)) co_return Result<void>();
        if (here.empty() || here.back().name != table.name) here.push_back(table);
        co_return Result<void>();
    };
    const Database::Page of_target = [&](const TableShape& table, const Rows& rows) -> Task<void> {
        there.push_back(table);
        if (rows.empty() || options.add || !takes(options, table)) co_return Result<void>();
        co_return fail(ErrorCode::conflict, "The table {} to copy into is not empty.", table.name);
    };
    SLIPWAY_CO_CHECK(co_await to.dump(of_target));
    SLIPWAY_CO_CHECK(co_await from.dump(of_source));
    for (const auto& table : here) {
        const auto found = std::ranges::find(there, table.name, &TableShape::name);
        if (found == there.end())
            co_return fail(ErrorCode::invalid, "There is no table {} to copy into: {}", table.name, kNewer);
        for (const auto& column : table.columns)
            if (std::ranges::find(found->columns, column) == found->columns.end())
                co_return fail(ErrorCode::invalid, "The table {} to copy into has no column {}: {}", table.name, column,
                               kNewer);
    }
    co_return Result<void>();
}

Task<std::vector<CopiedTable>> checksums_of(Database& database) {
    Tally tally;
    const Database::Page page = [&](const TableShape& table, const Rows& rows) -> Task<void> {
        tally.add(table, rows);
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await database.dump(page));
    co_return tally.result();
}

Task<std::vector<CopiedTable>> copy_rows(Database& from, Database& to, CopyOptions options) {
    SLIPWAY_CO_CHECK(co_await check_copy(from, to, options));
    Tally tally;
    const Database::Page page = [&](const TableShape& table, const Rows& rows) -> Task<void> {
        if (!takes(options, table)) co_return Result<void>();
        SLIPWAY_CO_CHECK(co_await write_page(to, table, rows, options.add));
        tally.add(table, rows);
        if (options.progress) options.progress(tally.latest());
        co_return Result<void>();
    };
    SLIPWAY_CO_CHECK(co_await from.dump(page));
    auto copied = tally.result();
    SLIPWAY_CO_TRY(const auto found, co_await checksums_of(to));
    for (const auto& table : copied) {
        const auto same = std::ranges::find(found, table.name, &CopiedTable::name);
        const bool whole =
            same != found.end() &&
            (options.add ? same->rows >= table.rows : same->rows == table.rows && same->checksum == table.checksum);
        if (!whole)
            co_return fail(ErrorCode::conflict, "The table {} reads otherwise than it was copied ({} rows).",
                           table.name, table.rows);
    }
    co_return copied;
}

}  // namespace slipway::store
