#include "store/database/sqlite_statement.h"

namespace slipway::store {
namespace {

using sqlite::ColumnType;
using sqlite::Statement;

Result<void> bind(Statement& statement, int index, const Value& value) {
    const auto& variant = value.variant();
    if (const auto* const number = std::get_if<std::int64_t>(&variant)) {
        statement.bind(index, *number);
    } else if (const auto* const real = std::get_if<double>(&variant)) {
        statement.bind(index, *real);
    } else if (const auto* const text = std::get_if<std::string>(&variant)) {
        if (text->find('\0') != std::string::npos) return fail(ErrorCode::invalid, "The text holds a NUL character.");
        statement.bind(index, std::string_view(*text));
    } else if (const auto* const bytes = std::get_if<Bytes>(&variant)) {
        statement.bind_blob(index, bytes->value);
    } else {
        statement.bind(index, nullptr);
    }
    return {};
}

Result<void> bind_all(Statement& statement, const StatementRule& rule, const StatementRun& run) {
    for (std::size_t i = 0; i < rule.sources.size(); ++i) {
        const int index = static_cast<int>(i) + 1;
        if (rule.sources[i] == StatementRule::kWorkspace) {
            statement.bind(index, std::string_view(run.scope.workspace()->value));
        } else {
            SLIPWAY_CHECK(bind(statement, index, run.parameters[rule.sources[i] - 1]));
        }
    }
    return {};
}

Result<std::vector<Value>> fetch(Statement& statement, const StatementRun& run) {
    std::vector<Value> cells;
    std::size_t bytes = 0;
    const int columns = statement.column_count();
    for (;;) {
        SLIPWAY_TRY(const bool row, statement.step());
        if (!row) return cells;
        for (int column = 0; column < columns; ++column) cells.push_back(cell(statement, column, bytes));
        if (bytes + cells.size() * sizeof(Value) > run.result_bytes_max)
            return fail(ErrorCode::internal, "The rows are larger than {} bytes; read them in pages: {}",
                        run.result_bytes_max, run.sql);
    }
}

}  // namespace

Value cell(const Statement& statement, int column, std::size_t& bytes) {
    switch (statement.type(column)) {
        case ColumnType::integer:
            return statement.integer(column);
        case ColumnType::number:
            return statement.number(column);
        case ColumnType::text:
            bytes += statement.text(column).size();
            return statement.text(column);
        case ColumnType::blob:
            bytes += statement.blob(column).size();
            return Bytes{std::string(statement.blob(column))};
        case ColumnType::null:
            break;
    }
    return nullptr;
}

Result<Rows> run_statement(sqlite::Connection& connection, StatementRules& rules, const StatementRun& run) {
    SLIPWAY_TRY(const auto rule, rules.allow(connection, run.scope, run.sql, run.parameters.size()));
    if (run.must_read_only && !rule->reads_only)
        return fail(ErrorCode::internal, "A read got a statement that writes: {}", run.sql);
    if (run.change) run.change->add(rule->written);
    SLIPWAY_TRY(auto statement, connection.prepare(run.sql));
    SLIPWAY_CHECK(bind_all(statement, *rule, run));
    SLIPWAY_TRY(auto cells, fetch(statement, run));
    std::vector<std::string> columns;
    for (int column = 0; column < statement.column_count(); ++column)
        columns.emplace_back(statement.column_name(column));
    if (rule->changes_schema) rules.forget();
    return Rows(std::move(columns), std::move(cells),
                rule->reads_only || rule->changes_schema ? 0 : connection.changes());
}

}  // namespace slipway::store
