#include "store/database/table_order.h"

#include <algorithm>

namespace slipway::store {

Result<std::vector<TableShape>> in_order_of_references(std::vector<TableShape> tables,
                                                       const std::vector<Reference>& references) {
    std::vector<TableShape> ordered;
    const auto is_ordered = [&](const std::string& name) {
        return std::ranges::any_of(ordered, [&](const TableShape& table) { return table.name == name; });
    };
    const auto is_ready = [&](const TableShape& table) {
        return std::ranges::all_of(references, [&](const Reference& reference) {
            return reference.first != table.name || reference.second == table.name || is_ordered(reference.second);
        });
    };
    std::ranges::sort(tables, {}, &TableShape::name);
    while (!tables.empty()) {
        const auto next = std::ranges::find_if(tables, is_ready);
        if (next == tables.end())
            return fail(ErrorCode::internal, "The table {} is part of a circle of references.", tables.front().name);
        ordered.push_back(std::move(*next));
        tables.erase(next);
    }
    return ordered;
}

std::string quoted_name(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string select_all(const TableShape& table, std::string_view text_order) {
    std::string sql = "select ";
    for (const auto& column : table.columns) sql += (sql.size() > 7 ? ", " : "") + quoted_name(column);
    sql += " from " + quoted_name(table.name);
    const auto& order = table.key.empty() ? table.columns : table.key;
    for (std::size_t i = 0; i < order.size(); ++i)
        sql += fmt::format("{}{}{}", i == 0 ? " order by " : ", ", quoted_name(order[i]), text_order);
    return sql;
}

void PageSize::learn(const Rows& page) {
    std::size_t bytes = 0;
    for (const auto& value : page.cells()) {
        if (const auto* const text = std::get_if<std::string>(&value.variant())) bytes += text->size();
        if (const auto* const blob = std::get_if<Bytes>(&value.variant())) bytes += blob->value.size();
    }
    if (bytes > kBytesWanted) rows_ = std::max<std::size_t>(1, rows_ / 2);
    if (bytes < kBytesWanted / 4 && page.size() == rows_) rows_ = std::min(kRowsMax, rows_ * 2);
}

}  // namespace slipway::store
