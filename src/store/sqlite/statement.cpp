#include "store/sqlite/connection_state.h"

namespace slipway::store::sqlite {

sqlite3_stmt* StatementCache::take(std::string_view sql) {
    const auto found = by_sql_.find(sql);
    if (found == by_sql_.end()) return nullptr;
    sqlite3_stmt* const statement = found->second->statement;
    const auto entry = found->second;
    by_sql_.erase(found);
    entries_.erase(entry);
    return statement;
}

void StatementCache::put(std::string sql, sqlite3_stmt* statement) {
    if (limit_ == 0 || by_sql_.contains(sql)) {
        sqlite3_finalize(statement);
        return;
    }
    entries_.push_front({std::move(sql), statement});
    by_sql_.emplace(entries_.front().sql, entries_.begin());
    if (entries_.size() <= limit_) return;
    by_sql_.erase(entries_.back().sql);
    sqlite3_finalize(entries_.back().statement);
    entries_.pop_back();
}

void StatementCache::clear() {
    for (const auto& entry : entries_) sqlite3_finalize(entry.statement);
    by_sql_.clear();
    entries_.clear();
}

Statement::Statement(Statement&& other) noexcept
    : state_(other.state_),
      sql_(std::move(other.sql_)),
      handle_(std::exchange(other.handle_, nullptr)),
      bind_error_(other.bind_error_),
      started_(other.started_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    state_ = other.state_;
    sql_ = std::move(other.sql_);
    handle_ = std::exchange(other.handle_, nullptr);
    bind_error_ = other.bind_error_;
    started_ = other.started_;
    return *this;
}

Statement::~Statement() { give_back(); }

void Statement::give_back() {
    if (!handle_) return;
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    state_->cache.put(std::move(sql_), std::exchange(handle_, nullptr));
}

Statement& Statement::bound(int code) {
    if (code != SQLITE_OK && bind_error_ == 0) bind_error_ = code;
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    return bound(sqlite3_bind_text64(handle_, index, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                                     SQLITE_UTF8));
}

Statement& Statement::bind(int index, std::nullptr_t) { return bound(sqlite3_bind_null(handle_, index)); }

Statement& Statement::bind_blob(int index, std::string_view bytes) {
    return bound(
        sqlite3_bind_blob64(handle_, index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_TRANSIENT));
}

Statement& Statement::bind_integer(int index, std::int64_t value) {
    return bound(sqlite3_bind_int64(handle_, index, value));
}
Statement& Statement::bind_number(int index, double value) { return bound(sqlite3_bind_double(handle_, index, value)); }

int Statement::parameter_count() const { return sqlite3_bind_parameter_count(handle_); }

std::string_view Statement::parameter_name(int index) const {
    const char* const name = sqlite3_bind_parameter_name(handle_, index);
    return name ? name : "";
}

int Statement::parameter_index(std::string_view name) const {
    return sqlite3_bind_parameter_index(handle_, std::string(name).c_str());
}

Result<bool> Statement::step() {
    if (bind_error_ != 0) return state_->failure(bind_error_, sql_);
    // The progress callback comes only every few thousand steps of the machine; short statements are stopped here.
    if (!started_) {
        SLIPWAY_CHECK(state_->check_limit());
        started_ = true;
    }
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    auto failed = state_->failure(code, sql_);
    sqlite3_reset(handle_);
    return failed;
}

Result<void> Statement::run() {
    for (;;) {
        SLIPWAY_TRY(const bool row, step());
        if (!row) return {};
    }
}

void Statement::reset() {
    sqlite3_reset(handle_);
    bind_error_ = 0;
    started_ = false;
}

int Statement::column_count() const { return sqlite3_column_count(handle_); }
std::string_view Statement::column_name(int column) const { return sqlite3_column_name(handle_, column); }

ColumnType Statement::type(int column) const {
    switch (sqlite3_column_type(handle_, column)) {
        case SQLITE_INTEGER:
            return ColumnType::integer;
        case SQLITE_FLOAT:
            return ColumnType::number;
        case SQLITE_TEXT:
            return ColumnType::text;
        case SQLITE_BLOB:
            return ColumnType::blob;
        default:
            return ColumnType::null;
    }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::number(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::text(int column) const {
    const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)))
                 : std::string_view();
}

std::string_view Statement::blob(int column) const {
    const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)))
                 : std::string_view();
}

bool Statement::reads_only() const { return sqlite3_stmt_readonly(handle_) != 0; }

}  // namespace slipway::store::sqlite
