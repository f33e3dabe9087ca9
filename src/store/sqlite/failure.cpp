// From SQLite's result codes (https://www.sqlite.org/rescode.html) to the errors of the house.
#include "store/sqlite/connection_state.h"

namespace slipway::store::sqlite {
namespace {

std::string_view constraint_kind(int extended) {
    switch (extended) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return "unique";
        case SQLITE_CONSTRAINT_FOREIGNKEY:
        case SQLITE_CONSTRAINT_TRIGGER:
            return "foreign_key";
        case SQLITE_CONSTRAINT_NOTNULL:
            return "not_null";
        default:
            return "check";
    }
}

std::string_view constraint_sentence(std::string_view kind) {
    if (kind == "unique") return "There is such an entry already";
    if (kind == "foreign_key") return "It refers to something that does not exist, or something still refers to it";
    if (kind == "not_null") return "A value is missing";
    return "A value is not allowed";
}

// "UNIQUE constraint failed: user.email" names what failed after the colon; foreign keys name nothing.
std::unexpected<Error> constraint(int extended, std::string_view message) {
    const auto kind = constraint_kind(extended);
    const auto colon = message.find(": ");
    const std::string name(colon == std::string_view::npos ? kind : message.substr(colon + 2));
    Error error{ErrorCode::conflict, fmt::format("{} ({}).", constraint_sentence(kind), name)};
    error.details["constraint"] = name;
    error.details["kind"] = kind;
    return std::unexpected(std::move(error));
}

}  // namespace

std::unexpected<Error> ConnectionState::failure(int code, std::string_view sql) const {
    const std::string message = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    const std::string name = file.string();
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
            return constraint(code, message);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fail(ErrorCode::unavailable, "Another process is using {}; stop it, or try again in a moment.",
                        name);
        case SQLITE_FULL:
            return fail(ErrorCode::unavailable,
                        "The disk of {} is full. Nothing was changed; free some space and try again.", name);
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return fail(ErrorCode::unavailable,
                        "{} cannot be written; check the permissions of the file and its folder.", name);
        case SQLITE_CANTOPEN:
            return fail(ErrorCode::unavailable, "{} cannot be opened; check that its folder exists and may be written.",
                        name);
        case SQLITE_IOERR:
            return fail(ErrorCode::unavailable,
                        "Reading or writing {} failed ({}). Nothing was changed; check the disk.", name, message);
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return fail(ErrorCode::unavailable, "{} is damaged ({}). {}", name, message, options.repair);
        case SQLITE_INTERRUPT:
            return fail(ErrorCode::unavailable,
                        "The operation on {} was stopped because it was cancelled or took too long.",
                        file.filename().string());
        case SQLITE_NOMEM:
            return fail(ErrorCode::unavailable, "There was not enough memory for an operation on {}.",
                        file.filename().string());
        case SQLITE_TOOBIG:
            return fail(ErrorCode::invalid, "A value is too large to be stored.");
        default:
            break;
    }
    if (sql.empty()) return fail(ErrorCode::internal, "SQLite: {} ({}).", message, name);
    return fail(ErrorCode::internal, "SQLite: {} in: {}", message, sql);
}

Result<void> ConnectionState::check(int code, std::string_view sql) const {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return {};
    return failure(code, sql);
}

bool ConnectionState::over_limit() const {
    return (stop && stop->load(std::memory_order_relaxed)) || (until && std::chrono::steady_clock::now() >= *until);
}

Result<void> ConnectionState::check_limit() const {
    if (over_limit()) return failure(SQLITE_INTERRUPT);
    return {};
}

}  // namespace slipway::store::sqlite
