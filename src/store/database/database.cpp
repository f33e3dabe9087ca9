#include "store/database/database.h"

#include <stdexcept>

namespace slipway::store {
namespace {

template <typename T>
const T* get_or_throw(const Value& value, std::string_view column) {
    if (value.is_null()) return nullptr;
    if (const auto* const found = std::get_if<T>(&value.variant())) return found;
    throw std::logic_error(fmt::format("The column {} has another type than asked for.", column));
}

}  // namespace

const Value& Row::value(std::string_view column) const {
    const auto found = std::ranges::find(rows_->columns_, column);
    if (found == rows_->columns_.end()) throw std::logic_error(fmt::format("The rows have no column {}.", column));
    const auto offset = static_cast<std::size_t>(found - rows_->columns_.begin());
    const auto cell = index_ * rows_->columns_.size() + offset;
    if (cell >= rows_->cells_.size()) throw std::logic_error(fmt::format("There is no row {}.", index_));
    return rows_->cells_[cell];
}

std::string Row::text(std::string_view column) const { return optional_text(column).value_or(""); }

std::optional<std::string> Row::optional_text(std::string_view column) const {
    const auto* const found = get_or_throw<std::string>(value(column), column);
    return found ? std::optional(*found) : std::nullopt;
}

std::int64_t Row::integer(std::string_view column) const { return optional_integer(column).value_or(0); }

std::optional<std::int64_t> Row::optional_integer(std::string_view column) const {
    const auto* const found = get_or_throw<std::int64_t>(value(column), column);
    return found ? std::optional(*found) : std::nullopt;
}

double Row::number(std::string_view column) const {
    const Value& cell = value(column);
    if (const auto* const whole = std::get_if<std::int64_t>(&cell.variant())) return static_cast<double>(*whole);
    const auto* const found = get_or_throw<double>(cell, column);
    return found ? *found : 0;
}

std::string Row::bytes(std::string_view column) const {
    const auto* const found = get_or_throw<Bytes>(value(column), column);
    return found ? found->value : std::string();
}

namespace {

Task<void> run_single(Transaction& transaction, const std::string& sql, const Parameters& parameters, Rows& rows) {
    SLIPWAY_CO_TRY(rows, co_await transaction.execute(sql, parameters));
    co_return Result<void>();
}

}  // namespace

Task<Rows> Database::read_often(Scope scope, std::string sql, Parameters parameters) {
    return read(std::move(scope), std::move(sql), std::move(parameters));
}

Task<Rows> Database::write(Scope scope, std::string sql, Parameters parameters) {
    Rows rows;
    // The statement is copied for each run: a transaction may run again.
    Body body = [&](Transaction& transaction) { return run_single(transaction, sql, parameters, rows); };
    auto done = co_await transact(std::move(scope), std::move(body));
    if (!done) co_return pass(done);
    co_return std::move(rows);
}

}  // namespace slipway::store
